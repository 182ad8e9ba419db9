using System.Globalization;
using Atlas.Pipeline.Ledger;
using Microsoft.Extensions.Logging;

namespace Atlas.Pipeline.Graph;

/// <summary>Deletes dead letters that are too old or too many, a few with each commit: at the start of a run and once an hour. What is held stays, and all of it while a replay has not come to its end.</summary>
/// <param name="options">How long they are kept.</param>
/// <param name="ledger">Where they are.</param>
/// <param name="file">Its file.</param>
/// <param name="seams">Time and log.</param>
internal sealed partial class LetterRetention(DeadLetterOptions options, SqliteLedger ledger, string file, Seams seams)
{
    private const int LettersPerCommit = 256;
    private static readonly TimeSpan LookEvery = TimeSpan.FromHours(1);

    private readonly ILogger _log = seams.Logs.CreateLogger("Atlas.Pipeline.Graph");

    /// <summary>Runs until it is cancelled, or the ledger fails, which the run is told by the ledger itself. Never throws.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            await Task.Yield();
            while (options is not { KeptFor: null, Most: null })
            {
                var deleted = await DeleteAsync(stop);
                if (deleted > 0)
                    LogDeleted(deleted);
                await Task.Delay(LookEvery, seams.Time, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // What was not deleted is by the next run.
        }
        catch (Exception error)
        {
            LogFailed(error);
        }
    }

    /// <summary>Deletes what is due now; gives how many.</summary>
    private async Task<long> DeleteAsync(CancellationToken stop)
    {
        using var letters = new OldLetters(file);
        if (letters.AreBeingReplayed)
            return 0;
        var before = options.KeptFor is { } kept ? (seams.Time.GetUtcNow() - kept).ToUnixTimeMilliseconds() : long.MinValue;
        var surplus = options.Most is { } most ? Math.Max(0, letters.Count - most) : 0;
        long deleted = 0, refused = 0, died = 0;
        try
        {
            // Of the two kinds the refused lines go first: a URL that was given up has cost more.
            while (letters.Refused(ref refused, before, surplus - deleted, LettersPerCommit) is { Count: > 0 } some)
                deleted += await PurgeAsync(some, stop);
            while (letters.Died(ref died, before, surplus - deleted, LettersPerCommit) is { Count: > 0 } some)
                deleted += await PurgeAsync(some, stop);
        }
        finally
        {
            if (deleted > 0)
                await ledger.RecordActAsync("atlas run", "retention", Text(), deleted, "");
        }

        return deleted;
    }

    private Task<int> PurgeAsync(IReadOnlyList<long> letters, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        return ledger.PurgeAsync(letters);
    }

    private string Text() => string.Join(' ', ((string?[])
    [
        options.KeptFor is { } kept ? string.Create(CultureInfo.InvariantCulture, $"older-than={(int)kept.TotalDays}d") : null,
        options.Most is { } most ? string.Create(CultureInfo.InvariantCulture, $"beyond={most}") : null,
    ]).OfType<string>());

    [LoggerMessage(210, LogLevel.Information, "{Count} dead letters were deleted, as dead_letters of the pipeline says.")]
    private partial void LogDeleted(long count);

    [LoggerMessage(211, LogLevel.Warning, "Old dead letters could not be deleted; a later run tries again.")]
    private partial void LogFailed(Exception error);
}
