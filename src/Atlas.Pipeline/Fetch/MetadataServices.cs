using System.Net;

namespace Atlas.Pipeline.Fetch;

/// <summary>Where clouds tell a machine its own secrets: credentials that anybody gets who can make it ask.</summary>
internal static class MetadataServices
{
    private static readonly Dictionary<IPAddress, string> Known = new[]
    {
        ("169.254.169.254", "AWS, Azure, Google Cloud and most others"),
        ("169.254.170.2", "AWS ECS tasks"),
        ("169.254.170.23", "AWS EKS pods"),
        ("fd00:ec2::254", "AWS"),
        ("fd00:ec2::23", "AWS EKS pods"),
        ("fd20:ce::254", "Google Cloud"),
        ("100.100.100.200", "Alibaba Cloud"),
        ("168.63.129.16", "Azure, in public address space"),
        ("192.0.0.192", "Oracle Cloud Classic"),
        ("169.254.0.23", "Tencent Cloud"),
        ("169.254.42.42", "Scaleway"),
        ("fd00:42::42", "Scaleway"),
        ("fe80::a9fe:a9fe", "OpenStack"),
    }.ToDictionary(entry => IPAddress.Parse(entry.Item1), entry => entry.Item2);

    /// <summary>Whose service answers there; null for anything else.</summary>
    public static string? OwnerOf(IPAddress address) => Known.GetValueOrDefault(address);
}
