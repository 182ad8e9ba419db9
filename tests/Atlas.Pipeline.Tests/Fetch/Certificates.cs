using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Atlas.Pipeline.Tests.Fetch;

/// <summary>Certificates that nobody vouches for.</summary>
internal static class Certificates
{
    /// <summary>One that signs itself.</summary>
    public static X509Certificate2 SelfSigned(string host, DateTimeOffset from, DateTimeOffset until)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = RequestOf(host, key).CreateSelfSigned(from, until);
        return WithKey(certificate);
    }

    /// <summary>One whose issuer is sent by nobody, and that says where it, its revocation list and its OCSP responder can be asked for.</summary>
    public static X509Certificate2 NamingPlaces(string host, string place, DateTimeOffset now)
    {
        using var issuersKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var issuing = new CertificateRequest("CN=Absent issuer", issuersKey, HashAlgorithmName.SHA256);
        issuing.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        using var issuer = issuing.CreateSelfSigned(now.AddDays(-2), now.AddDays(2));

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = RequestOf(host, key);
        request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension([place + "ocsp"], [place + "issuer.cer"]));
        request.CertificateExtensions.Add(CertificateRevocationListBuilder.BuildCrlDistributionPointExtension([place + "list.crl"]));
        using var signed = request.Create(issuer, now.AddDays(-1), now.AddDays(1), [1, 2, 3, 4]);
        using var certificate = signed.CopyWithPrivateKey(key);
        return WithKey(certificate);
    }

    private static CertificateRequest RequestOf(string host, ECDsa key)
    {
        var request = new CertificateRequest("CN=" + host, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        return request;
    }

    private static X509Certificate2 WithKey(X509Certificate2 certificate) => X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
}
