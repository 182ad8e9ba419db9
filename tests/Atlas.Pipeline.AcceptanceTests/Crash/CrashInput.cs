using System.Globalization;
using System.Text;

namespace Atlas.Pipeline.AcceptanceTests.Crash;

/// <summary>The list on its way to the program: down a pipe, from the start at every start; or at the end of a file that grows and is rotated.</summary>
internal sealed class CrashInput(bool isTail, string folder, int port)
{
    private const int LinesPerPiece = 16;
    private const int LinesPerFile = 800;

    private readonly string _feed = Path.Combine(Directory.CreateDirectory(Path.Combine(folder, "inbox")).FullName, "feed.log");
    private readonly List<string> _lines = [];
    private string _unwritten = "";
    private int _linesInFile;
    private int _files;

    /// <summary>All lines so far.</summary>
    public IReadOnlyList<string> Lines => _lines;

    /// <summary>The tailed files.</summary>
    public IReadOnlyList<string> Files => Directory.GetFiles(Path.GetDirectoryName(_feed)!);

    /// <summary>What a program that starts is given at once: the list from its start.</summary>
    public Task BeginAsync(AtlasProgram program) => isTail ? Task.CompletedTask : SendAsync(program, string.Concat(_lines.Select(line => line + "\n")));

    /// <summary>Gives some lines more; what stands in a file may end anywhere in a line.</summary>
    public async Task GoOnAsync(AtlasProgram program)
    {
        var piece = new StringBuilder();
        for (var line = 0; line < LinesPerPiece; line++)
        {
            _lines.Add(CrashLines.Line(_lines.Count, port));
            piece.Append(_lines[^1]).Append('\n');
        }

        if (!isTail)
        {
            await SendAsync(program, piece.ToString());
            return;
        }

        var text = _unwritten + piece;
        var end = text.Length - (_lines.Count % 23);
        Append(_feed, text[..end]);
        _unwritten = text[end..];
        if ((_linesInFile += LinesPerPiece) >= LinesPerFile)
            Rotate();
    }

    /// <summary>Renames the tailed file, and kills the program before, while or after its writer begins another.</summary>
    public async Task RotateAndKillAsync(AtlasProgram program, OuterKill when, TimeSpan later)
    {
        var half = when == OuterKill.RenamedInALine ? string.Create(CultureInfo.InvariantCulture, $"{CrashLines.Line(_lines.Count, port)}\n") : "";
        Append(_feed, _unwritten + half[..(half.Length / 2)]);
        var renamed = Rename();
        if (when == OuterKill.Begun)
        {
            _lines.Add(CrashLines.Line(_lines.Count, port));
            Append(_feed, _lines[^1] + "\n");
        }

        await Task.Delay(later, TestContext.Current.CancellationToken);
        program.Kill();
        if (half.Length == 0)
            return;
        _lines.Add(half.TrimEnd('\n'));
        Append(renamed, half[(half.Length / 2)..]);
    }

    /// <summary>No more will come: the last line is whole.</summary>
    public void End()
    {
        if (isTail)
            Append(_feed, _unwritten);
        _unwritten = "";
    }

    private static void Append(string file, string text)
    {
        using var stream = new FileStream(file, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        stream.Write(Encoding.ASCII.GetBytes(text));
    }

    private void Rotate()
    {
        Append(_feed, _unwritten);
        Rename();
    }

    private string Rename()
    {
        (_unwritten, _linesInFile) = ("", 0);
        var renamed = Path.Combine(Path.GetDirectoryName(_feed)!, string.Create(CultureInfo.InvariantCulture, $"feed-{_files++:D4}.log"));
        File.Move(_feed, renamed);
        return renamed;
    }

    private static async Task SendAsync(AtlasProgram program, string text)
    {
        try
        {
            await program.WriteAsync(text);
        }
        catch (IOException)
        {
            // It was killed. The next one gets the list from its start.
        }
    }
}
