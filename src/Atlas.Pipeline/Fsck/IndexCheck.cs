using Atlas.Pipeline.Dedup;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Fsck;

/// <summary>Whether the dedup index is as the ledger's last checkpoint of it left it, and which keys it holds.</summary>
internal static class IndexCheck
{
    private const string WillRebuild = "--repair makes the index anew from the ledger; so does the next run by itself.";

    /// <summary>False when there is no checkpoint whose keys could be read.</summary>
    /// <exception cref="SpillException">There is no room for the keys.</exception>
    public static bool TryRead(Examination examination, IDisk disk, DedupOptions? settings, KeyPartitions keys, out long highWater)
    {
        var row = examination.Ledger.Prepare("SELECT token, high_water, manifest FROM seen_checkpoint");
        var checkpoint = row.Step() ? new SeenCheckpoint(row.Text(0), row.Int64(1), row.Text(2)) : null;
        row.Reset();
        highWater = checkpoint?.HighWater ?? 0;
        if (checkpoint is null)
        {
            if (examination.Counter("sequence") > 0)
                examination.Note("index", "there is no checkpoint of the dedup index", "seen_checkpoint", 1, "Nothing to do: the next run makes the index from the ledger.");
            return false;
        }

        if (highWater > examination.Counter("sequence"))
        {
            Rebuild(examination, $"the checkpoint holds rows up to {highWater}, which the ledger has not come to", "seen_checkpoint");
            return false;
        }

        examination.Progress.Begin("verifying the dedup index", 0);
        try
        {
            var manifest = SeenManifest.Parse(checkpoint.Manifest);
            examination.IndexSettings = FasterShape.OptionsOf(manifest.Shape);
            if (manifest.Token != checkpoint.Token)
                throw new FormatException("The manifest of the dedup index is another checkpoint's.");
            if (!FasterShape.IsOfThisVersion(manifest.Shape))
            {
                examination.Note("index", "the index was made by another version of the program", examination.State.SeenDirectory, 1, "Nothing to do: the next run makes it anew from the ledger.");
                return false;
            }

            var files = new SeenFiles(examination.State.SeenDirectory, disk);
            files.Verify(manifest);
            if (!files.FilterIsWhole(manifest))
                Rebuild(examination, "the Bloom filter is gone or damaged; the next start makes it anew from the index's log", $"filter.{manifest.IndexToken}");
            if (settings is not null && manifest.Shape != FasterShape.NameOf(settings))
                examination.Note("index", "the index was made with other settings of dedup", examination.State.SeenDirectory, 1, "Nothing to do: the next run makes it anew from the ledger.");
            examination.Progress.Begin("reading the dedup index", manifest.Count);
            SeenLog.ScanKeys(files, 0, manifest.LogEnd, key =>
            {
                keys.Add(key, 0);
                examination.Progress.Advance(1);
            });
            return true;
        }
        catch (Exception doubt) when (doubt is (IOException or InvalidDataException or FormatException or OverflowException or UnauthorizedAccessException) and not SpillException)
        {
            Rebuild(examination, $"the index is not as its checkpoint left it: {doubt.Message}", examination.State.SeenDirectory);
            return false;
        }
    }

    private static void Rebuild(Examination examination, string what, string where) =>
        examination.Repairable("index", what, where, 1, WillRebuild, () => examination.IndexMustBeRebuilt = true);
}
