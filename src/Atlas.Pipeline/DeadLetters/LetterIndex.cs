using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.DeadLetters;

/// <summary>Answers which dead letters there are: a cache beside the ledger, in <c>letters/</c> of the state directory, that is brought up to date when it is opened. One caller at a time; another process waits.</summary>
/// <remarks>
/// The ledger has no index on its dead letters, as each would cost every line that is refused. Here are fixed columns, read whole for every question.
/// Whatever is odd about the files, they are made anew from the ledger. Where they can't be written they are made in a temporary directory, for this once.
/// </remarks>
internal sealed class LetterIndex : IDisposable
{
    private const string Name = "letters";

    /// <summary>Rows that are gone before it is worth to begin anew without them.</summary>
    private const long ManyGone = 250_000;

    private static readonly TimeSpan LockPause = TimeSpan.FromMilliseconds(20);

    private readonly string _ledger;
    private readonly StepProgress _steps;
    private readonly TimeProvider _time;
    private readonly FileStream? _lock;
    private readonly string? _temporary;
    private readonly LetterFiles _files;
    private LetterReader? _reader;
    private IReadOnlyDictionary<string, int> _sources = new Dictionary<string, int>();

    private LetterIndex(string ledger, string directory, FileStream? held, string? temporary, StepProgress steps, Seams seams)
    {
        _ledger = ledger;
        _steps = steps;
        _time = seams.Time;
        (_lock, _temporary) = (held, temporary);
        _files = new LetterFiles(directory, seams.Disk);
    }

    /// <summary>Whether it is made for this once, as the state directory can't be written.</summary>
    public bool IsTemporary => _temporary is not null;

    /// <summary>Where the index of a state directory lies.</summary>
    public static string DirectoryIn(string state) => Path.Combine(state, Name);

    /// <summary>Has it made anew when it is asked next, as after the ledger was changed by other hands.</summary>
    public static void Forget(string state, IDisk disk)
    {
        var head = Path.Combine(DirectoryIn(state), LetterFiles.Head);
        if (disk.Exists(head))
            disk.Delete(head);
    }

    /// <summary>Opens the index of a state directory and follows the ledger up to now. Waits while another process has it.</summary>
    /// <param name="state">The state directory, with a ledger.</param>
    /// <param name="steps">How far it is.</param>
    /// <param name="seams">Time and disk.</param>
    /// <exception cref="StateDamagedException">The ledger is none of this version.</exception>
    /// <exception cref="LedgerException">The ledger can't be read.</exception>
    /// <exception cref="IOException">Neither the state directory nor the temporary one can be written.</exception>
    public static async Task<LetterIndex> OpenAsync(string state, StepProgress steps, Seams seams)
    {
        var ledger = StateDirectory.LedgerFileIn(state);
        if (await TryOpenAsync(DirectoryIn(state), ledger, steps, seams) is { } index)
        {
            try
            {
                return index.Followed();
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // A full disk, most likely: there may be room elsewhere.
            }
        }

        return OpenTemporary(ledger, steps, seams).Followed();
    }

    /// <summary>Asks; should the files turn out to be damaged, once more after they were made anew.</summary>
    public T Ask<T>(Func<LetterColumns, T> question)
    {
        try
        {
            return question(Columns());
        }
        catch (LetterIndexDamagedException)
        {
            _files.Clear("");
            Follow();
            return question(Columns());
        }
    }

    /// <summary>Rows, with those that are gone.</summary>
    public long Rows => _files.Rows;

    public void Dispose()
    {
        _reader?.Dispose();
        _files.Dispose();
        _lock?.Dispose();
        if (_temporary is not null)
            Directory.Delete(_temporary, recursive: true);
    }

    /// <summary>Null where nothing can be written.</summary>
    private static async Task<LetterIndex?> TryOpenAsync(string directory, string ledger, StepProgress steps, Seams seams)
    {
        FileStream? held = null;
        try
        {
            seams.Disk.CreateDirectory(directory);
            var file = Path.Combine(directory, "lock");
            while ((held = StateDirectory.TryLock(file)) is null)
            {
                if (steps.Look().Name.Length == 0)
                    steps.Begin("waiting for another command that reads the dead letters", 0);
                await Task.Delay(LockPause, seams.Time);
            }

            steps.End();
            return new LetterIndex(ledger, directory, held, temporary: null, steps, seams);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            held?.Dispose();
            return null;
        }
    }

    private static LetterIndex OpenTemporary(string ledger, StepProgress steps, Seams seams)
    {
        var directory = Directory.CreateTempSubdirectory("atlas-letters-").FullName;
        try
        {
            return new LetterIndex(ledger, directory, held: null, directory, steps, seams);
        }
        catch
        {
            Directory.Delete(directory, recursive: true);
            throw;
        }
    }

    private LetterColumns Columns() => new(_files, _time.GetUtcNow(), _sources, HasWord);

    private bool HasWord(long sequence, byte[] word)
    {
        _reader ??= new LetterReader(_ledger);
        return _reader.Read([sequence]).Any(letter => LetterText.IsIn(letter, word));
    }

    /// <summary>This, brought up to date; closed when that fails.</summary>
    private LetterIndex Followed()
    {
        try
        {
            Follow();
            return this;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    private void Follow()
    {
        try
        {
            Read();
        }
        catch (LetterIndexDamagedException)
        {
            _files.Clear("");
            Read();
        }
    }

    private void Read()
    {
        using var scan = new LetterScan(_ledger);
        var id = scan.LedgerId;
        if (_files.LedgerId != id || !scan.CanFollow(_files.Cursors) || _files.Gone + scan.GoneSince(_files.Cursors) > Math.Max(ManyGone, _files.Rows / 2))
            _files.Clear(id);
        var host = new LetterHost();
        var start = _files.Cursors;
        var isLast = false;
        while (!isLast)
        {
            var (cursors, before) = (_files.Cursors, _files.Rows);
            var rows = 0;
            var next = scan.ReadPiece(
                cursors,
                _files.TakeAway,
                (in ScannedLetter letter) =>
                {
                    var name = host.Of(letter.Line);
                    _files.Append(letter, LetterHost.HashOf(name), LetterHost.HashOf(LetterHost.DomainOf(name)));
                    rows++;
                },
                out isLast);
            if (!isLast && start == cursors)
                _steps.Begin("indexing the dead letters", 0);
            _steps.Advance(rows);
            if (next != cursors || rows > 0)
                _files.Commit(next);
        }

        _sources = scan.Sources();
        _steps.End();
    }
}
