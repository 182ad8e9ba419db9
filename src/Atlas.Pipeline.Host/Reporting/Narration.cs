using Atlas.Pipeline.Graph;
using Atlas.Pipeline.Ledger;
using Microsoft.Extensions.Logging;
using Spectre.Console;

namespace Atlas.Pipeline.Host.Reporting;

/// <summary>What a command that takes long says on stderr: logs, progress, and why a state directory does not let it go on.</summary>
internal sealed class Narration : IDisposable
{
    private readonly TimeProvider _time;
    private readonly bool _isQuiet;

    /// <summary>Whether progress is drawn: on a terminal that somebody watches.</summary>
    private readonly bool _isLive;
    private readonly IAnsiConsole _console;

    /// <param name="time">The clock of logs and progress.</param>
    /// <param name="isQuiet">No progress, and logs only of warnings and errors.</param>
    /// <param name="jsonLogs">Logs as JSON lines.</param>
    /// <param name="least">What is logged when it is not quiet.</param>
    public Narration(TimeProvider time, bool isQuiet, bool jsonLogs = false, LogLevel least = LogLevel.Warning)
    {
        _time = time;
        _isQuiet = isQuiet;

        // Left to itself the console takes redirected input, which is the usual way here, for a terminal that nobody watches.
        _console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(Console.Error),
            Interactive = Console.IsErrorRedirected ? InteractionSupport.No : InteractionSupport.Yes,
        });
        _isLive = !isQuiet && !Console.IsErrorRedirected && _console.Profile.Capabilities.Ansi;
        Logs = LoggerFactory.Create(builder => builder.SetMinimumLevel(isQuiet ? LogLevel.Warning : least).AddProvider(new StderrLog(jsonLogs, time, WriteLog)));
    }

    public ILoggerFactory Logs { get; }

    /// <summary>Shows how far something is, until it has ended, however it ends.</summary>
    public Task WatchAsync(StepProgress steps, Task work) => new StepWatch(_console, _time, _isLive, _isQuiet).WatchAsync(steps, work);

    /// <summary>Shows how far a run is, until it has ended.</summary>
    public Task WatchAsync(Func<RunSnapshot> look, Task run) => new ProgressWatch(_console, _time, _isLive, _isQuiet).WatchAsync(look, run);

    /// <summary>Says something that stays, unless it is quiet.</summary>
    public void Say(string text)
    {
        if (!_isQuiet)
            _console.Profile.Out.Writer.WriteLine(text);
    }

    /// <summary>Whether a failure is one of the state directory or of the machine, and no bug. That a reader has left is none: nobody wants to hear of it.</summary>
    public static bool CanExplain(Exception failure) =>
        failure is not ReaderGoneException and (StateInUseException or StateDamagedException or IOException or UnauthorizedAccessException or LedgerException);

    /// <summary>Says why a command could not go on, and gives its exit code.</summary>
    /// <param name="what">The command as the subject of a sentence.</param>
    /// <param name="failure">What ended it.</param>
    public static int Explain(string what, Exception failure)
    {
        var isOfTheState = failure is StateInUseException or StateDamagedException;
        Console.Error.WriteLine(isOfTheState ? failure.Message : $"{what} failed: {FailureText.Of(failure)}");
        return isOfTheState ? ExitCode.State : ExitCode.Failed;
    }

    public void Dispose() => Logs.Dispose();

    /// <summary>On a terminal through the console, which moves what it has drawn out of the way; elsewhere as it is, without wrapping.</summary>
    private void WriteLog(string text)
    {
        if (_isLive)
            _console.WriteLine(text);
        else
            _console.Profile.Out.Writer.WriteLine(text);
    }
}
