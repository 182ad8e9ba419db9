using System.Globalization;
using Atlas.Pipeline.AcceptanceTests.Crash;

namespace Atlas.Pipeline.AcceptanceTests.Letters;

/// <summary>A deed that is killed at one point, begun again or gone on with, and at last done to its end by the shipped program.</summary>
internal sealed class LetterCrashBench : IDisposable
{
    private const int Killed = 128 + 9;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly LetterCrashPoint _point;
    private readonly LetterState _letters;
    private readonly string _folder = Directory.CreateTempSubdirectory("atlas-letter-crash-").FullName;
    private readonly string _state;
    private readonly string _pipeline;
    private readonly string _exported;
    private readonly Random _chance;
    private int _backups;

    public LetterCrashBench(LetterCrashPoint point, LetterState letters, string exported)
    {
        (_point, _letters, _exported) = (point, letters, exported);
        _chance = new Random(point.Name.Sum(letter => letter) + (int)point.Deed);
        _pipeline = Path.Combine(_folder, "letters.yaml");
        File.WriteAllText(_pipeline, LetterState.Text());
        _state = Path.Combine(_folder, "state");
        if (point.Deed == LetterDeed.Import)
            Directory.CreateDirectory(_state);
        else
            letters.CopyTo(_state);
    }

    private IEnumerable<string> Backups => Directory.GetFiles(_folder, "backup-*.jsonl");

    /// <summary>Begins it or goes on with it, until it is dead, and says what is wrong with what it left.</summary>
    public async Task<CrashFindings> KillAsync()
    {
        var count = _chance.Next(1, _point.Latest + 1);
        using var program = AtlasProgram.StartUnderFaults(_folder, string.Create(CultureInfo.InvariantCulture, $"{_point.Name}:{count}"), Path.Combine(_folder, "acknowledged"), Arguments());
        program.CloseInput();
        var ended = await program.WaitAsync(Patience);
        Assert.True(ended.ExitCode == Killed, $"{_point}: it was not killed at time {count} of it, but ended with {ended}");
        return Look();
    }

    public async Task<CrashFindings> FinishAsync()
    {
        var last = await AtlasProgram.RunAsync(_folder, null, Arguments());
        Assert.True(last.ExitCode == 0, $"{_point}: the last one ended with {last}");
        var fsck = await AtlasProgram.RunAsync(_folder, null, "fsck", "--state", _state, "--quiet");
        Assert.True(fsck.ExitCode == 0, $"{_point}: {fsck}");
        var left = LetterLook.At(_state, Backups);
        Assert.False(left.HasUnfinished);
        Assert.Equal(_point.Deed switch { LetterDeed.Replay => _letters.Refused.Count, LetterDeed.Purge => 0, _ => All }, left.Letters);
        return left.Find(_letters);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private int All => _letters.Passing.Count + _letters.Refused.Count + _letters.Dead.Count;

    private string[] Arguments() => _point.Deed switch
    {
        LetterDeed.Import => ["dlq", "import", _exported, "--state", _state, "--yes", "--quiet"],
        LetterDeed.Purge => ["dlq", "purge", "--state", _state, "--yes", "--quiet", "--backup", Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"backup-{_backups++}.jsonl"))],
        _ => ["dlq", "replay", _pipeline, "--state", _state, "--quiet", "--rate", "4000", LetterLook.At(_state).HasUnfinished ? "--resume" : "--yes"],
    };

    private CrashFindings Look()
    {
        // An import that was killed has what it has; what is missing is in its file still.
        var found = _point.Deed == LetterDeed.Import && !HasTables() ? new CrashFindings(1, 0, 0, 0, 0) : LetterLook.At(_state, Backups).Find(_letters);
        return _point.Deed == LetterDeed.Import ? found with { Lost = 0 } : found;
    }

    private bool HasTables() => File.Exists(Path.Combine(_state, "ledger.db")) && !CrashedLedgerIsEmpty();

    private bool CrashedLedgerIsEmpty() => _point.Name == "create";
}
