namespace Atlas.Pipeline.Ledger;

/// <summary>A refused line but for its content id. Its bytes are pinned and unchanged until <see cref="RowInsert.End"/>.</summary>
/// <param name="Sequence">Higher than that of any row before.</param>
/// <param name="Url">The line as it was read.</param>
/// <param name="Error">What is known beyond the reason.</param>
/// <param name="Reason">By its name.</param>
/// <param name="QuarantinedAt">Unix time in milliseconds.</param>
/// <param name="Source">By its name.</param>
/// <param name="SourceOffset">In bytes from the start of the source's file.</param>
internal readonly record struct DeadLetterRow(long Sequence, PinnedSpan Url, PinnedSpan Error, PinnedSpan Reason, long QuarantinedAt, PinnedSpan Source, long SourceOffset);
