using System.Diagnostics;
using System.Globalization;
using System.IO.Pipes;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Atlas.Pipeline.AcceptanceTests;

/// <summary>The real program, started as a user would.</summary>
internal sealed partial class AtlasProgram : IDisposable
{
    /// <summary>How the program is called: what users run, if the environment tells where it is (<c>make test</c> does), else the one that was built beside the tests.</summary>
    public static readonly IReadOnlyList<string> Command = Environment.GetEnvironmentVariable("ATLAS_PROGRAM") is { Length: > 0 } program
        ? [program]
        : ["dotnet", Path.Combine(AppContext.BaseDirectory, "atlas.dll")];

    private static readonly string UnderFaults = Path.Combine(AppContext.BaseDirectory, "Atlas.Faults.dll");

    private readonly Process _process;
    private readonly Lazy<Task<string>> _output;
    private readonly Task<string> _errors;
    private readonly StringBuilder _said = new();

    private AtlasProgram(Process process, bool readsOutput = true)
    {
        _process = process;
        _output = new Lazy<Task<string>>(process.StandardOutput.ReadToEndAsync);
        if (readsOutput)
            _ = _output.Value;
        _errors = ReadErrorsAsync();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>The most memory the process held, in bytes, as the kernel counted it.</summary>
    public long PeakResidentBytes()
    {
        const string Label = "VmHWM:";
        foreach (var line in File.ReadLines($"/proc/{Id}/status"))
        {
            if (line.StartsWith(Label, StringComparison.Ordinal))
                return long.Parse(line[Label.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) * 1024;
        }

        return 0;
    }

    public static AtlasProgram Start(string directory, params string[] arguments) =>
        Start(new ProcessStartInfo(Command[0]) { WorkingDirectory = directory }, [.. Command.Skip(1), .. arguments]);

    /// <summary>Starts it with a reader of its stdout that stands still: nothing is read until the program has ended.</summary>
    public static AtlasProgram StartUnread(string directory, params string[] arguments) =>
        Start(new ProcessStartInfo(Command[0]) { WorkingDirectory = directory }, [.. Command.Skip(1), .. arguments], readsOutput: false);

    /// <summary>Starts it with a limit on the size of every file it writes: past it a write fails, as on a full disk, without a disk to fill and without root.</summary>
    /// <param name="kibibytes">The limit. ulimit counts in blocks of 512 bytes.</param>
    public static AtlasProgram StartWithFileLimit(int kibibytes, string directory, params string[] arguments)
    {
        var start = new ProcessStartInfo("sh") { WorkingDirectory = directory };

        // The runtime keeps its own code in a sparse file of terabytes unless told not to, and that would be over the limit before the program has begun.
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        return Start(start, ["-c", string.Create(CultureInfo.InvariantCulture, $"ulimit -f {kibibytes * 2} && exec \"$@\""), "sh", .. Command, .. arguments]);
    }

    /// <summary>Starts it from a line of shell, in which <c>"$@"</c> is the program with its arguments.</summary>
    public static AtlasProgram StartInShell(string script, string directory, params string[] arguments) =>
        Start(new ProcessStartInfo("sh") { WorkingDirectory = directory }, ["-c", script, "sh", .. Command, .. arguments]);

    /// <summary>Starts it on files that kill it: see <c>Atlas.Faults</c>.</summary>
    /// <param name="directory">Where it works.</param>
    /// <param name="kill"><c>point:count</c>; null for nowhere.</param>
    /// <param name="acknowledged">A file for the number of rows it has made durable.</param>
    /// <param name="arguments">As for the real one.</param>
    public static AtlasProgram StartUnderFaults(string directory, string? kill, string acknowledged, params ReadOnlySpan<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet") { WorkingDirectory = directory };
        start.Environment["ATLAS_KILL"] = kill;
        start.Environment["ATLAS_ACKNOWLEDGED"] = acknowledged;
        return Start(start, [UnderFaults, .. arguments]);
    }

    /// <summary>Starts it on files of which one stops answering.</summary>
    /// <param name="directory">Where it works.</param>
    /// <param name="hang"><c>operation:part of the file's name:count</c>.</param>
    /// <param name="hung">A file that is there once the disk hangs.</param>
    /// <param name="arguments">As for the real one.</param>
    public static AtlasProgram StartOnAHangingDisk(string directory, string hang, string hung, params ReadOnlySpan<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet") { WorkingDirectory = directory };
        start.Environment["ATLAS_HANG"] = hang;
        start.Environment["ATLAS_HUNG"] = hung;
        return Start(start, [UnderFaults, .. arguments]);
    }

    private static AtlasProgram Start(ProcessStartInfo start, ReadOnlySpan<string> arguments, bool readsOutput = true)
    {
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.StandardOutputEncoding = Encoding.UTF8;
        start.StandardErrorEncoding = Encoding.UTF8;
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment["NO_COLOR"] = "1";
        return new AtlasProgram(Process.Start(start)!, readsOutput);
    }

    /// <summary>Feeds stdin from a file and closes it; a program that stops reading is no error here.</summary>
    public async Task FeedAsync(string file)
    {
        try
        {
            await using var input = File.OpenRead(file);
            await input.CopyToAsync(_process.StandardInput.BaseStream);
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It was killed, or it drains: what it did not read stays in the file.
        }
    }

    /// <summary>Writes bytes to stdin and leaves it open.</summary>
    public async Task WriteAsync(string text)
    {
        await _process.StandardInput.BaseStream.WriteAsync(Encoding.UTF8.GetBytes(text));
        await _process.StandardInput.BaseStream.FlushAsync();
    }

    /// <summary>Waits until it has written a text to stderr, or has ended.</summary>
    public async Task WhenSaidAsync(string text)
    {
        while (!HasExited && !Said().Contains(text, StringComparison.Ordinal))
            await Task.Delay(20, TestContext.Current.CancellationToken);
    }

    /// <summary>Bytes it has written to stdout that wait to be read: Linux holds 64 KiB, then the next write blocks.</summary>
    public int UnreadBytes()
    {
        const int CountOfUnread = 0x541B; // FIONREAD
        var pipe = ((AnonymousPipeClientStream)_process.StandardOutput.BaseStream).SafePipeHandle;
        return Ioctl(pipe, CountOfUnread, out var unread) == 0 ? unread : throw new IOException("FIONREAD failed: " + Marshal.GetLastPInvokeErrorMessage());
    }

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Ioctl(SafeHandle file, nuint request, out int value);

    public void CloseInput() => _process.StandardInput.Close();

    /// <summary>kill -9.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Sends a signal by its name, as INT or TERM.</summary>
    public void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    public async Task<ProgramResult> WaitAsync(TimeSpan? atMost = null)
    {
        using var deadline = new CancellationTokenSource(atMost ?? TimeSpan.FromMinutes(3));
        try
        {
            await _process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
            throw new TimeoutException($"The program did not end. Its stderr:\n{await _errors}");
        }

        return new ProgramResult(_process.ExitCode, await _output.Value, await _errors);
    }

    /// <summary>Starts, feeds a file (or nothing) and waits for the end.</summary>
    public static async Task<ProgramResult> RunAsync(string directory, string? input, params string[] arguments)
    {
        using var program = Start(directory, arguments);
        if (input is not null)
            await program.FeedAsync(input);
        else
            program.CloseInput();
        return await program.WaitAsync();
    }

    private string Said()
    {
        lock (_said)
            return _said.ToString();
    }

    private async Task<string> ReadErrorsAsync()
    {
        var piece = new char[4_096];
        while (await _process.StandardError.ReadAsync(piece) is > 0 and var read)
        {
            lock (_said)
                _said.Append(piece, 0, read);
        }

        return Said();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }
}

/// <summary>How the program ended and what it said.</summary>
/// <param name="ExitCode">130 and above for a signal.</param>
/// <param name="Output">stdout.</param>
/// <param name="Errors">stderr.</param>
internal sealed record ProgramResult(int ExitCode, string Output, string Errors)
{
    /// <summary>The report, where stdout is one.</summary>
    public JsonElement Report => JsonDocument.Parse(Output).RootElement;

    public override string ToString() => $"exit {ExitCode}\n{Errors}\n{Output}";
}
