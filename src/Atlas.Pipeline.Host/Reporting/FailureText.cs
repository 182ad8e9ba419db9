namespace Atlas.Pipeline.Host.Reporting;

/// <summary>A failure for people: what was being done, and down to the cause.</summary>
internal static class FailureText
{
    /// <summary>The messages from the outside in, each once: an outer one often repeats its cause.</summary>
    public static string Of(Exception failure)
    {
        var text = failure.Message;
        for (var cause = failure.InnerException; cause is not null; cause = cause.InnerException)
        {
            if (!text.Contains(cause.Message, StringComparison.Ordinal))
                text += $" {cause.Message}";
        }

        return text;
    }
}
