namespace Atlas.Pipeline.Migrate;

/// <summary>What a migration does, in resources and rows.</summary>
internal sealed record MigrationActions
{
    /// <summary>Resources that are queued, by the class's name.</summary>
    public required SortedDictionary<string, long> Queue { get; init; }

    public long Documents { get; init; }

    /// <summary>Resources that become dead letters, by reason.</summary>
    public required SortedDictionary<string, long> DeadLetters { get; init; }

    /// <summary>Resources that the state directory has already.</summary>
    public long Existing { get; init; }

    /// <summary>Rows that come to a resource which an earlier row has brought.</summary>
    public long Merged { get; init; }

    /// <summary>Rows whose ids are kept, so that they lead to their resource.</summary>
    public long Aliases { get; init; }

    /// <summary>Of the queued ones, those that only metadata or a row without content knows.</summary>
    public long WithoutContent { get; init; }

    /// <summary>Counts them.</summary>
    /// <param name="census">Finished.</param>
    /// <param name="existing">The resources that the state directory has.</param>
    public static MigrationActions Of(LegacyCensus census, IReadOnlyDictionary<int, long> existing)
    {
        var queue = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var letters = new SortedDictionary<string, long>(StringComparer.Ordinal);
        long documents = 0, withoutContent = 0;
        for (var number = 0; number < census.Groups; number++)
        {
            ref readonly var group = ref census.Group(number);
            if (existing.ContainsKey(number))
                continue;
            switch (group.Place)
            {
                case LegacyPlace.Document:
                    documents++;
                    break;
                case LegacyPlace.DeadLetter:
                    letters[group.Reason.Name] = letters.GetValueOrDefault(group.Reason.Name) + 1;
                    break;
                default:
                    queue[PriorityClasses.NameOf(group.Class)] = queue.GetValueOrDefault(PriorityClasses.NameOf(group.Class)) + 1;
                    withoutContent += group.Wish == LegacyWish.Known ? 1 : 0;
                    break;
            }
        }

        return new MigrationActions { Queue = queue, Documents = documents, DeadLetters = letters, Existing = existing.Count, Merged = census.Rows.Count - census.Groups, Aliases = census.RowsWithIds, WithoutContent = withoutContent };
    }
}
