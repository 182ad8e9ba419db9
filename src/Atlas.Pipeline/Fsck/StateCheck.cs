using Atlas.Pipeline.DeadLetters;
using Atlas.Pipeline.Dedup;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Fsck;

/// <summary>Checks a state directory from the ledger outwards: what the later checks rely on, the earlier ones have looked at.</summary>
internal sealed class StateCheck(FsckOptions options, Seams seams, StepProgress progress, Action<Finding> report)
{
    private const string Spill = "fsck.tmp";

    private DedupOptions? _indexSettings = options.Dedup;

    /// <exception cref="StateInUseException">A run, or another check, is at work there.</exception>
    /// <exception cref="IOException">The machine refuses: what could not be read says nothing about the state.</exception>
    public async Task RunAsync()
    {
        if (!Examine())
            return;
        await RebuildIndexAsync();
    }

    /// <summary>True when the index has to be rebuilt.</summary>
    private bool Examine()
    {
        using var state = StateDirectory.Open(options.StateDirectory, seams.Disk);
        if (!File.Exists(state.LedgerFile) || new FileInfo(state.LedgerFile).Length == 0)
        {
            report(state.Orphans() is { } orphans
                ? new Finding(FindingState.Damaged, "state", $"the ledger is gone, but {orphans} is there", state.LedgerFile, 1, "Put the ledger back; or move the whole directory away to begin with nothing.")
                : new Finding(FindingState.Note, "state", "there is no ledger here yet", state.LedgerFile, 1, "Nothing to do: the first run makes it."));
            return false;
        }

        var spill = Path.Combine(state.Path, Spill);
        try
        {
            using var ledger = SqlConnection.Open(state.LedgerFile, readOnly: !options.Repairs);
            var examination = new Examination(state, ledger, options.Repairs, progress, report, seams.Time);
            if (!LedgerFileCheck.Run(examination))
                return false;
            Directory.CreateDirectory(spill);
            CheckMark(examination);
            CheckAll(examination, spill);
            progress.End();
            _indexSettings ??= examination.IndexSettings;
            if (!options.Repairs)
                return false;
            LetterIndex.Forget(state.Path, seams.Disk);
            if (examination.IndexMustBeRebuilt)
                ledger.Execute("DELETE FROM seen_checkpoint");
            state.WriteMark(LedgerMark.Of(ledger));
            return examination.IndexMustBeRebuilt;
        }
        catch (LedgerException failure) when (!failure.IsOfTheMachine)
        {
            report(LedgerFileCheck.Unreadable(state.LedgerFile, failure));
            return false;
        }
        finally
        {
            if (Directory.Exists(spill))
                Directory.Delete(spill, recursive: true);
        }
    }

    private void CheckAll(Examination examination, string spill)
    {
        using var rows = new KeyPartitions(spill, "rows");
        using var keys = new KeyPartitions(spill, "keys");
        var spelling = options.Rules is { } rules ? new UrlSpelling(rules) : null;
        var (admitted, missing) = RowsCheck.Run(examination, rows, spelling);
        var isRead = IndexCheck.TryRead(examination, seams.Disk, options.Dedup, keys, out var highWater);
        KeysCheck.Run(examination, rows, isRead ? keys : null, highWater);
        WorkCheck.Run(examination);
        if (spelling is not null)
            AskedCheck.Run(examination, spelling);
        using (var targets = new KeyPartitions(spill, "targets"))
            AliasesCheck.Run(examination, rows, targets);
        using (var bodies = new BodiesCheck(examination, seams.Disk))
            bodies.Run();
        LettersCheck.Run(examination, admitted, missing);
        BooksCheck.Run(examination);
        SourcesCheck.Run(examination, options.Tails);
        FoundCheck.Run(examination);
    }

    /// <summary>A repair that ends half-way must not leave a mark that its own changes contradict, so it begins with one that says nothing.</summary>
    private static void CheckMark(Examination examination)
    {
        var now = LedgerMark.Of(examination.Ledger);
        try
        {
            examination.State.ThrowIfNot(now);
        }
        catch (StateDamagedException older)
        {
            examination.LedgerIsNotTheLast = true;
            examination.Repairable("state", older.Message, examination.State.LedgerFile, 1, "--repair takes it as it is: what was committed after it is not known any more, and what tailed files hold of that is read again.", () => { });
        }

        if (examination.Repairs)
            examination.State.WriteMark(now with { Progress = 0 });
    }

    private async Task RebuildIndexAsync()
    {
        await using var ledger = SqliteLedger.Open(options.StateDirectory, seams);
        using var store = FasterSeenStore.Open(Path.Combine(options.StateDirectory, "seen"), _indexSettings ?? new DedupOptions(), ledger, seams, progress);
        if (store.Count > 0)
            await ledger.RecordSeenCheckpointAsync(await store.TakeCheckpointAsync(ledger.LastSequence));
        progress.End();
    }
}
