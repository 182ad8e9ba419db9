using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Tests.Ledger;

public sealed class PackedRowTests
{
    [Fact]
    public void What_is_packed_is_read_again()
    {
        var row = new PackedRow(UInt128.MaxValue / 3, ProcessingStrategy.FileLocal, 1_770_000_000_123, 7, 1L << 40, 3, 255);
        var bytes = new byte[PackedRow.Size];

        row.Write(bytes);

        Assert.Equal(row, PackedRow.Read(bytes));
    }
}
