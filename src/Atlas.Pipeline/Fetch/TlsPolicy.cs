using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Atlas.Pipeline.Fetch;

/// <summary>How certificates are checked: with what the peer has sent and what the machine trusts, and with nothing else.</summary>
/// <remarks>
/// A certificate names places where its issuer (AIA, RFC 5280 section 4.2.2.1) and its revocation (CRL, OCSP) can be asked for. They are the peer's words and would be dialled past <see cref="AddressGuard"/>,
/// so nothing is downloaded: a host that leaves out an intermediate certificate fails, and revocation is not looked at.
/// </remarks>
internal static class TlsPolicy
{
    public static SslClientAuthenticationOptions Create() => new()
    {
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        CertificateChainPolicy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true },
        RemoteCertificateValidationCallback = (sender, certificate, chain, errors) =>
            errors == SslPolicyErrors.None ? true : throw new FetchFailedException(Reason.TlsFailed, Fault(((SslStream)sender).TargetHostName, certificate, chain, errors)),
    };

    /// <summary>What is wrong with a peer's certificate, in one line for people.</summary>
    private static string Fault(string host, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable) || certificate is null)
            return $"{host} has sent no certificate.";

        var faults = new List<string>();
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
            faults.Add("it is for another host");
        foreach (var status in chain?.ChainStatus ?? [])
            faults.Add(Meaning(status.Status, certificate));
        return $"The certificate of {host} ({certificate.Subject}) does not hold: {string.Join("; ", faults.Distinct())}.";
    }

    private static string Meaning(X509ChainStatusFlags status, X509Certificate certificate) => status switch
    {
        X509ChainStatusFlags.NotTimeValid => $"not within its time, {certificate.GetEffectiveDateString()} to {certificate.GetExpirationDateString()}, or its issuer's (NotTimeValid)",
        X509ChainStatusFlags.PartialChain => "its issuer is neither trusted here nor sent along, and none is downloaded (PartialChain)",
        X509ChainStatusFlags.UntrustedRoot => "its root is not trusted here (UntrustedRoot)",
        _ => status.ToString(),
    };
}
