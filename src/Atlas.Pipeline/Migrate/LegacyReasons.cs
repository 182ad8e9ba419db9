using System.Globalization;
using System.Text;

namespace Atlas.Pipeline.Migrate;

/// <summary>What the legacy programs' words for a failure are here.</summary>
internal static class LegacyReasons
{
    private static readonly Dictionary<string, Reason> Words = new(StringComparer.OrdinalIgnoreCase)
    {
        ["file_scheme"] = Reason.SchemeFile,
        ["invalid_scheme"] = Reason.SchemeUnsupported,
        ["unsupported_content"] = Reason.RuledOut,
        ["unsupported"] = Reason.RuledOut,
        ["rate_limit"] = Reason.RateLimited,
        ["rate_limited"] = Reason.RateLimited,
        ["authentication"] = Reason.Http(401),
        ["paywall"] = Reason.Http(402),
        ["not_found"] = Reason.Http(404),
        ["server_error"] = Reason.Http(500),
        ["timeout"] = Reason.Timeout,
        ["network_error"] = Reason.ConnectFailed,
    };

    /// <summary>Words that say that an HTTP status may stand in a text.</summary>
    private static readonly string[] Announcers = ["http", "status", "client error", "server error"];

    /// <summary>The reason: by the words for it, made exact by a status that the error names; <see cref="Reason.Unexpected"/> where nobody has said anything that is known.</summary>
    /// <param name="reason">As <c>not_found</c>; may be empty.</param>
    /// <param name="type">As <c>network_error</c>, of less weight; may be empty.</param>
    /// <param name="error">The error's text; may be empty.</param>
    public static Reason Of(ReadOnlySpan<byte> reason, ReadOnlySpan<byte> type, ReadOnlySpan<byte> error)
    {
        var found = Named(reason) ?? Named(type);
        if ((found is null || found.Value.Code >= Reason.Http(100).Code) && StatusIn(error) is { } status)
            return Reason.Http(status);
        return found ?? Reason.Unexpected;
    }

    private static Reason? Named(ReadOnlySpan<byte> word)
    {
        if (word.IsEmpty || word.Length > 64)
            return null;
        var text = Encoding.UTF8.GetString(word).Trim();
        return Words.TryGetValue(text, out var reason) || (Reason.TryParse(text, out reason) && reason.Code >= Reason.Malformed.Code) ? reason : null;
    }

    private static int? StatusIn(ReadOnlySpan<byte> error)
    {
        if (error.IsEmpty)
            return null;
        var text = Encoding.UTF8.GetString(error[..Math.Min(error.Length, 400)]);
        if (!Array.Exists(Announcers, word => text.Contains(word, StringComparison.OrdinalIgnoreCase)))
            return null;
        for (var at = 0; at + 3 <= text.Length; at++)
        {
            var stands = (at == 0 || !char.IsAsciiLetterOrDigit(text[at - 1])) && (at + 3 == text.Length || !char.IsAsciiLetterOrDigit(text[at + 3]));
            if (stands && text[at] is '4' or '5' && int.TryParse(text.AsSpan(at, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var status) && status is >= 400 and <= 599)
                return status;
        }

        return null;
    }
}
