namespace Atlas.Urls;

/// <summary>One spelling for the user name and password of a URL (WHATWG URL, "authority state"): an empty password goes, and an empty pair goes with its at sign.</summary>
internal static class UserInfo
{
    /// <summary>Writes it, at sign included, and returns the length: at most three times that of the input, and one; what lies behind it in <paramref name="to"/> is undefined.</summary>
    /// <param name="userInfo">What stands in front of the last at sign.</param>
    /// <param name="to">Where to.</param>
    public static int Write(ReadOnlySpan<byte> userInfo, Span<byte> to)
    {
        var colon = userInfo.IndexOf((byte)':');
        var name = colon < 0 ? userInfo : userInfo[..colon];
        var password = colon < 0 ? default : userInfo[(colon + 1)..];
        if (name.IsEmpty && password.IsEmpty)
            return 0;

        var length = PercentEncoding.Normalize(name, to, PercentEncoding.InUserInfo);
        if (!password.IsEmpty)
        {
            to[length++] = (byte)':';
            length += PercentEncoding.Normalize(password, to[length..], PercentEncoding.InUserInfo);
        }

        to[length++] = (byte)'@';
        return length;
    }
}
