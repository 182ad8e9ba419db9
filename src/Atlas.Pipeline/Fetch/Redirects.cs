namespace Atlas.Pipeline.Fetch;

/// <summary>Reads what an answer says about where to go and when to come back. Whatever the host wrote, nothing here throws but the stage's own failure.</summary>
internal static class Redirects
{
    public static bool IsRedirect(int status) => status is 301 or 302 or 303 or 307 or 308;

    /// <summary>Where the answer points, or null if it points nowhere.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="from">The URL that was asked.</param>
    public static Uri? TargetOf(HttpResponseMessage response, Uri from)
    {
        if (!response.Headers.NonValidated.TryGetValues("Location", out var values))
            return null;

        var location = values.FirstOrDefault()?.Trim() ?? "";

        // A path alone would be read as a file's name on Unix, so it is joined by hand.
        var text = location switch
        {
            ['/', '/', ..] => $"{from.Scheme}:{location}",
            ['/', ..] => $"{from.Scheme}://{from.Authority}{location}",
            _ => location,
        };
        if (!Uri.TryCreate(from, text, out var target) || target.Scheme is not ("http" or "https") || target.Host.Length == 0 || target.UserInfo.Length > 0)
            throw new FetchFailedException(Reason.RedirectRefused, "The redirect does not lead to an http or https URL without credentials.");
        return target;
    }

    /// <summary>How long the host asks us to wait, from either form of Retry-After; null if it does not say.</summary>
    public static TimeSpan? RetryAfterOf(HttpResponseMessage response, DateTimeOffset now) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta < TimeSpan.Zero ? TimeSpan.Zero : delta,
        { Date: { } date } => date > now ? date - now : TimeSpan.Zero,
        _ => null,
    };
}
