namespace Atlas.Faults;

/// <summary>The thread pool, with a word before a block is woken by somebody outside of the blocks, which is a source, and before any block goes to work.</summary>
internal sealed class WatchedScheduler(Action woken, Action working) : TaskScheduler
{
    protected override void QueueTask(Task task)
    {
        if (Current != this)
            woken();
        ThreadPool.UnsafeQueueUserWorkItem(_ => Run(task), null);
    }

    // Blocks are not run inside of their callers: each goes to work through the queue, where it is seen.
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks() => [];

    private void Run(Task task)
    {
        working();
        TryExecuteTask(task);
    }
}
