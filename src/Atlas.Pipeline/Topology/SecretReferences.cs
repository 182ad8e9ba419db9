using System.Text;

namespace Atlas.Pipeline.Topology;

/// <summary>Replaces <c>${env:NAME}</c> and <c>${file:PATH}</c> by what they name. Any other text, <c>${</c> included, stays as it is.</summary>
internal static class SecretReferences
{
    /// <summary>Most bytes a referenced file may have: it holds a token, not data.</summary>
    public const int MaxFileBytes = 64 * 1024;

    /// <summary>The text with its references resolved.</summary>
    /// <param name="text">As written.</param>
    /// <param name="isSecret">Whether anything was replaced: then the result must never be shown.</param>
    /// <param name="problem">What could not be resolved, naming the reference and never a value; null when all is well.</param>
    public static string Resolve(string text, out bool isSecret, out string? problem)
    {
        isSecret = false;
        problem = null;
        var result = new StringBuilder();
        var done = 0;
        while (true)
        {
            var start = NextReference(text, done);
            if (start < 0)
                return isSecret ? result.Append(text, done, text.Length - done).ToString() : text;

            isSecret = true;
            var end = text.IndexOf('}', start);
            if (end < 0)
            {
                problem = "a reference that begins with '${' has no closing '}'.";
                return "";
            }

            result.Append(text, done, start - done);
            var name = text[(text.IndexOf(':', start) + 1)..end];
            var value = text[start + 2] == 'e' ? OfVariable(name, ref problem) : OfFile(name, ref problem);
            if (value is null)
                return "";
            result.Append(value);
            done = end + 1;
        }
    }

    private static int NextReference(string text, int from)
    {
        var env = text.IndexOf("${env:", from, StringComparison.Ordinal);
        var file = text.IndexOf("${file:", from, StringComparison.Ordinal);
        return env < 0 ? file : file < 0 ? env : Math.Min(env, file);
    }

    private static string? OfVariable(string name, ref string? problem)
    {
        var value = name.Length == 0 ? null : Environment.GetEnvironmentVariable(name);
        if (value is null)
            problem = $"the environment variable '{name}' is not set.";
        return value;
    }

    private static string? OfFile(string path, ref string? problem)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read);
            var bytes = new byte[MaxFileBytes + 1];
            var length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (length <= MaxFileBytes)
                return Encoding.UTF8.GetString(bytes, 0, length).TrimEnd('\r', '\n');
            problem = $"the file '{path}' is larger than {MaxFileBytes} bytes.";
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            problem = $"the file '{path}' cannot be read.";
        }

        return null;
    }
}
