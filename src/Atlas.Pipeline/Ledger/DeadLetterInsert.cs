using System.Buffers.Binary;
using System.Globalization;
using Atlas.Urls;

namespace Atlas.Pipeline.Ledger;

/// <summary>Appends the dead letters of refused lines. (Those of admitted URLs are <see cref="WorkWriter"/>'s.)</summary>
internal sealed class DeadLetterInsert(SqlConnection connection) : RowInsert(connection, Table, parameters: 8, Values)
{
    private const string Table = "dead_letter_queue(id, seq, content_id, source_url, original_error, failure_classification, retry_count, quarantined_at, was_admitted, source_name, source_offset, ruleset_version)";

    private const int HexLength = 32;

    /// <summary>The content ids of the rows that wait. Pinned, as they are bound in place.</summary>
    private readonly byte[] _hex = GC.AllocateUninitializedArray<byte>(Rows * HexLength, pinned: true);

    private readonly DeadLetterRow[] _rows = new DeadLetterRow[Rows];

    public void Add(UInt128 contentId, in DeadLetterRow row)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, contentId);
        Convert.TryToHexStringLower(bytes, Hex(Waiting), out _);
        _rows[Waiting] = row;
        Added();
    }

    protected override void Bind(SqlStatement statement, int row, int first)
    {
        ref readonly var waiting = ref _rows[row];
        statement.Bind(first, waiting.Sequence).BindTextInPlace(first + 1, Hex(row)).BindBlobInPlace(first + 2, waiting.Url.Bytes)
            .BindTextInPlace(first + 3, waiting.Error.Bytes).BindTextInPlace(first + 4, waiting.Reason.Bytes).Bind(first + 5, waiting.QuarantinedAt)
            .BindTextInPlace(first + 6, waiting.Source.Bytes).Bind(first + 7, waiting.SourceOffset);
    }

    private static string Values(int first) => string.Create(CultureInfo.InvariantCulture,
        $"(?{first}, ?{first}, ?{first + 1}, ?{first + 2}, ?{first + 3}, ?{first + 4}, 0, ?{first + 5}, 0, ?{first + 6}, ?{first + 7}, {CanonicalizationRules.RulesetVersion})");

    private Span<byte> Hex(int row) => _hex.AsSpan(row * HexLength, HexLength);
}
