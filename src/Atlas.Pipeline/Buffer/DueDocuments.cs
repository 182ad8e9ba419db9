using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Buffer;

/// <summary>Documents that are to be asked for again because their last check was too long ago, the oldest first. The frontier's loop's alone, but for <see cref="InputEnded"/>.</summary>
/// <remarks>The ledger is asked no sooner than the document that was the oldest at the last look comes due: what is recorded or checked later comes due later.</remarks>
/// <param name="after">How old a check must be; null asks for nothing again.</param>
/// <param name="ledger">Knows when documents were checked.</param>
/// <param name="time">The present.</param>
internal sealed class DueDocuments(TimeSpan? after, ILedger ledger, TimeProvider time)
{
    /// <summary>What is due and finds no room is looked at again so soon.</summary>
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(1);

    private DateTimeOffset _lookAt = DateTimeOffset.MinValue;
    private long _endedAt = long.MaxValue;

    /// <summary>When to look again, if nothing else happens until then; null when nothing can come due any more.</summary>
    public DateTimeOffset? NextLook
    {
        get
        {
            if (after is null)
                return null;
            if (Any())
                return time.GetUtcNow() + BetweenLooks;
            return _lookAt == DateTimeOffset.MaxValue ? null : _lookAt;
        }
    }

    /// <summary>No line comes from outside any more: what is checked from now on is left for the next run, so that this one ends however soon documents are old. Any thread.</summary>
    public void InputEnded() => Interlocked.CompareExchange(ref _endedAt, time.GetUtcNow().UtcTicks, long.MaxValue);

    /// <summary>Whether there is one now.</summary>
    public bool Any()
    {
        var now = time.GetUtcNow();
        if (after is not { } age || now < _lookAt)
            return false;
        if (ledger.OldestCheck() is not { } oldest)
            _lookAt = now + age;
        else if (oldest.UtcTicks > Interlocked.Read(ref _endedAt))
            _lookAt = DateTimeOffset.MaxValue;
        else if (oldest + age is var due && due > now)
            _lookAt = due;
        else
            return true;
        return false;
    }

    /// <summary>Takes up what is due.</summary>
    /// <param name="most">Items, from 1.</param>
    public async ValueTask<IReadOnlyList<WorkItem>> TakeAsync(int most)
    {
        if (!Any())
            return [];
        var now = time.GetUtcNow();
        var (old, ended) = (now - after!.Value, Interlocked.Read(ref _endedAt));
        var items = await ledger.TakeAgainAsync(most, old.UtcTicks < ended ? old : new DateTimeOffset(ended, TimeSpan.Zero));

        // Only in a damaged ledger: it is not asked without end.
        if (items.Count == 0)
            _lookAt = now + after.Value;
        return items;
    }
}
