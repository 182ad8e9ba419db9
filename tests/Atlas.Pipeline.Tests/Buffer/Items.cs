namespace Atlas.Pipeline.Tests.Buffer;

/// <summary>Short ways to write work items.</summary>
internal static class Items
{
    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static WorkItem Item(long sequence, string host = "a", PriorityClass priority = PriorityClass.Normal, DateTimeOffset dueAt = default, DateTimeOffset? admittedAt = null) => new()
    {
        Sequence = sequence,
        ContentId = (UInt128)sequence,
        Url = $"http://{host}/{sequence}",
        HostKey = host,
        Priority = priority,
        DueAt = dueAt,
        AdmittedAt = admittedAt ?? Start,
    };
}
