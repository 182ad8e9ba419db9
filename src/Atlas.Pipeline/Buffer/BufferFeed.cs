using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Buffer;

/// <summary>Brings admitted URLs from the ledger into the buffer: what a start finds unfinished, the backlog, documents that are due again, and what the buffer has let go of. The frontier's loop's alone.</summary>
internal sealed class BufferFeed(BufferOptions options, PriorityBuffer buffer, Suspects suspects, RetryPolicy retries, DueDocuments due, ILedger ledger, Seams seams)
{
    private const int MostPerRefill = 1_024;

    /// <summary>Rows that are read again in one go: the loop does nothing else meanwhile.</summary>
    private const int MostPerRecall = 256;

    /// <summary>Of the backlog, no more is taken than fits by number into so many bytes for each item that the buffer holds: 128 at least, ten times as many where one host has very many.</summary>
    public const int RememberedBytesPerHeld = 128 * NumberedRows.BytesOfLoose;

    /// <summary>Nor while there are more hosts than the buffer holds so many times: some 600 bytes each.</summary>
    public const int HostsPerHeld = 4;

    /// <summary>An urgent URL need not wait until half of the buffer has gone.</summary>
    private static readonly TimeSpan LongestWithoutLook = TimeSpan.FromSeconds(1);

    /// <summary>What a crash may make us forget about hosts is no older.</summary>
    private static readonly TimeSpan BetweenSaves = TimeSpan.FromSeconds(1);

    private long _lookedAt;
    private long _savedAt;

    /// <summary>Takes over what earlier runs left, and what they have learned about hosts. What has killed the process too often is given up.</summary>
    public async Task HoldUnfinishedAsync()
    {
        buffer.RestoreHosts(ledger.Hosts());
        var harmful = new List<WorkItem>();
        while (await ledger.TakeUnfinishedAsync(MostPerRefill) is { Count: > 0 } items)
        {
            foreach (var item in items)
                Hold(item, harmful);
        }

        if (harmful.Count > 0)
            await GiveUpAsync(harmful, Reason.KilledTheProcess, item => $"The process died {item.Lost} times in a row while the URL was being fetched.");
    }

    /// <summary>Before every take: lets in suspects, fills a buffer that runs low, reads again what hosts have next, and gives up what waits for hosts that are down for good. What that makes room for is let in at once: nothing else would ask for it.</summary>
    /// <param name="fetchers">Items that are fetched at the same time.</param>
    public async Task TopUpAsync(int fetchers)
    {
        do
        {
            suspects.MoveInto(buffer, fetchers);
            if (buffer.Count <= buffer.Capacity / 2 || seams.Time.GetElapsedTime(_lookedAt) > LongestWithoutLook)
                await TakeAsync();
            if (buffer.Recall(MostPerRecall) is { Count: > 0 } rows)
                buffer.Restore(ledger.FindTaken(rows));
        }
        while (await GiveUpHostsAsync());
        if (seams.Time.GetElapsedTime(_savedAt) > BetweenSaves)
            await SaveHostsAsync();
    }

    /// <summary>Has what was learned about hosts survive a restart.</summary>
    public async Task SaveHostsAsync()
    {
        _savedAt = seams.Time.GetTimestamp();
        if (buffer.TakeHostChanges() is { Count: > 0 } changes)
            await ledger.SaveHostsAsync(changes);
    }

    /// <summary>When nothing that is held may be fetched now: looks for hosts in the backlog that may be asked, or for documents that are due, and has room made for them. False if nothing came of it.</summary>
    public async Task<bool> LookFurtherAsync() => (ledger.Backlog > 0 || due.Any()) && (buffer.Room > 0 || buffer.MakeRoom()) && await TakeAsync();

    private async Task<bool> TakeAsync()
    {
        _lookedAt = seams.Time.GetTimestamp();
        var mayRemember = (((long)RememberedBytesPerHeld * options.Capacity) - buffer.RememberedBytes) / NumberedRows.BytesOfLoose;
        var most = (int)Math.Min(Math.Min(buffer.Room, MostPerRefill), mayRemember);
        if (most <= 0 || buffer.HostsKnown >= (long)HostsPerHeld * options.Capacity)
            return false;

        // What is known is asked for again when nothing unknown is left to take.
        var items = ledger.Backlog > 0 ? await ledger.TakeFromBacklogAsync(most, options.Aging) : [];
        var again = items.Count < most ? await due.TakeAsync(most - items.Count) : [];
        foreach (var item in items.Concat(again))
            buffer.Add(item);
        return items.Count + again.Count > 0;
    }

    /// <summary>A suspect among them makes room for the next one, as it does when it is settled.</summary>
    /// <returns>Whether there were any.</returns>
    private async Task<bool> GiveUpHostsAsync()
    {
        var any = false;
        while (buffer.TakeGivenUp(MostPerRecall) is { Count: > 0 } givenUp)
        {
            any = true;
            var items = ledger.FindTaken(givenUp);
            await GiveUpAsync(items, Reason.HostDown, item => $"{item.HostKey} has been down for so long that nothing waits for it any more.");
            foreach (var item in items)
            {
                if (Suspects.Is(item))
                    suspects.Settled();
            }
        }

        return any;
    }

    private async Task GiveUpAsync(IReadOnlyList<WorkItem> items, Reason reason, Func<WorkItem, string> detail)
    {
        // The ledger gives up leased items only.
        await ledger.ClaimAsync(items);
        await Task.WhenAll(items.Select(item => ledger.DeadLetterAsync(item, reason, detail(item))));
    }

    private void Hold(WorkItem item, List<WorkItem> harmful)
    {
        if (RetryPolicy.KilledTheProcess(item))
        {
            harmful.Add(item);
        }
        else if (Suspects.Is(item))
        {
            var rested = seams.Time.GetUtcNow() + retries.Rest(item.Lost);
            item.DueAt = item.DueAt > rested ? item.DueAt : rested;
            suspects.Add(item);
        }
        else
        {
            buffer.Add(item);
        }
    }
}
