using Atlas.Pipeline.Graph;
using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Host.Commands;

/// <summary>Reads a pipeline file from disk and says what is wrong with it.</summary>
internal static class PipelineFile
{
    // The parser refuses more than this; reading a byte beyond it is enough to know.
    private const int MostBytes = (256 * 1024) + 1;

    /// <summary>The definition, or null after every mistake has been written to stderr.</summary>
    public static PipelineDefinition? Read(string file, IReadOnlyList<string> overrides, string? state)
    {
        List<Mistake> mistakes = [];
        List<Mistake> notes = [];
        var definition = TryReadText(file, out var text, out var trouble)
            ? PipelineReader.Read(file, text, StageCatalog.Kinds, overrides, state, mistakes, notes)
            : null;
        if (trouble is not null)
            Console.Error.WriteLine(trouble);
        foreach (var mistake in mistakes)
            Console.Error.WriteLine(mistake);
        foreach (var note in notes)
            Console.Error.WriteLine($"note: {note}");
        return mistakes.Count == 0 ? definition : null;
    }

    /// <summary>The text of a YAML file, or what stands in the way.</summary>
    public static bool TryReadText(string file, out string text, out string? trouble)
    {
        text = "";
        trouble = null;
        if (Directory.Exists(file))
        {
            trouble = $"{file}: is a directory; name a file in it.";
            return false;
        }

        try
        {
            using var stream = File.OpenRead(file);
            var bytes = new byte[MostBytes];
            var length = stream.ReadAtLeast(bytes, MostBytes, throwOnEndOfStream: false);
            text = System.Text.Encoding.UTF8.GetString(bytes, 0, length);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            trouble = $"{file}: cannot be read: {error.Message}";
            return false;
        }
    }
}
