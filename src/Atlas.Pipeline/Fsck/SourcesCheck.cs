using Atlas.Pipeline.Sources;

namespace Atlas.Pipeline.Fsck;

/// <summary>Whether the places up to which tailed files are committed lie inside those that are still there.</summary>
internal static class SourcesCheck
{
    public static void Run(Examination examination, IReadOnlyList<TailedPaths> tails)
    {
        examination.Progress.Begin("checking the sources' places", 0);
        foreach (var tail in tails)
        {
            try
            {
                foreach (var path in tail.Patterns.SelectMany(PathGlob.Find).Distinct())
                    Check(examination, tail.Source, path);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // The files are no part of the state: a repair of it does not fail over them.
                examination.Note("sources", $"what {tail.Source} follows cannot be looked at: {error.Message}", string.Join(", ", tail.Patterns), 1, "Nothing to do here; a run says so as well.");
            }
        }

        var negative = examination.Ledger.Scalar("SELECT count(*) FROM source_offsets WHERE offset < 0");
        if (negative > 0)
            examination.Damage("sources", "places in files are below zero", "source_offsets", negative, "Delete these rows by hand: the files are then read from their start, and what is known counts as duplicates.");
    }

    private static void Check(Examination examination, string source, string path)
    {
        if (FileIdentity.OfPath(path) is not { } identity)
            return;
        var places = examination.Ledger.Prepare("SELECT offset FROM source_offsets WHERE source = ?1 AND file = ?2").Bind(1, source).Bind(2, identity);
        var place = places.Step() ? places.Int64(0) : 0;
        places.Reset();
        if (new FileInfo(path) is { Exists: true } file && place > file.Length)
            examination.Note("sources", $"{source} has committed {place} bytes of a file that has {file.Length}", path, 1, "Nothing to do: a run reads it from its start, and lines that are known count as duplicates.");
    }
}

/// <summary>What a tail source follows.</summary>
/// <param name="Source">Its name in the pipeline.</param>
/// <param name="Patterns">Paths and globs.</param>
internal sealed record TailedPaths(string Source, IReadOnlyList<string> Patterns);
