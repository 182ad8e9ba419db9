namespace Atlas.Pipeline.Ledger;

/// <summary>What the writer is asked to do apart from admitting: runs inside the transaction, is answered after the commit.</summary>
internal abstract class LedgerCommand
{
    /// <summary>Rows it is worth, for the size of the group.</summary>
    public abstract int Weight { get; }

    /// <summary>Whether a power failure may take it back although it was answered: it is committed without a sync of its own, and the next synced commit covers it. The death of the process takes nothing back.</summary>
    public bool MayBeLost { get; init; }

    /// <summary>What has gone wrong with this command alone; the transaction goes on without it.</summary>
    public InvalidOperationException? Refused { get; set; }

    public abstract void Apply();

    /// <summary>After the commit.</summary>
    public abstract void Complete();

    public abstract void Fail(Exception why);
}

/// <param name="apply">Runs on the writer's thread, inside the transaction.</param>
/// <param name="committed">Runs on the writer's thread after the commit, before the caller goes on.</param>
internal sealed class LedgerCommand<T>(int weight, Func<T> apply, Action<T>? committed = null) : LedgerCommand
{
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T _result = default!;

    public Task<T> Task => _done.Task;

    public override int Weight => weight;

    public override void Apply() => _result = apply();

    public override void Complete()
    {
        if (Refused is { } refused)
        {
            _done.TrySetException(refused);
            return;
        }

        committed?.Invoke(_result);
        _done.TrySetResult(_result);
    }

    public override void Fail(Exception why) => _done.TrySetException(why);
}
