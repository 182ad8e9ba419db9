namespace Atlas.Urls;

/// <summary>Where the parts of a canonical form stand in the bytes that were written.</summary>
/// <param name="Length">Bytes of the canonical form.</param>
/// <param name="SchemeLength">Bytes of the scheme, without the colon.</param>
/// <param name="HostStart">First byte of the host key: host and, unless default, <c>:port</c>.</param>
/// <param name="HostLength">Bytes of the host key; 0 unless http or https.</param>
/// <param name="IsHttp">http or https; only these are taken apart.</param>
/// <param name="Applied">The rules that changed something.</param>
public readonly record struct CanonicalUrl(int Length, int SchemeLength, int HostStart, int HostLength, bool IsHttp, AppliedRules Applied);
