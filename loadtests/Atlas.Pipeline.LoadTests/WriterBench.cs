using System.Diagnostics;
using System.Globalization;
using System.Text;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.LoadTests;

/// <summary>What the ledger's writer does when nothing else is to be done: batches that are decided already, one after the other.</summary>
internal static class WriterBench
{
    public static async Task RunAsync(string state, int lines)
    {
        var pool = new UrlBatchPool();
        var source = new SourceProgress("lines");
        var text = Encoding.ASCII.GetBytes(UrlLists.Url(lines / 2).TrimEnd());
        var random = new Random(1);
        using var latency = new Timings();
        await using var ledger = SqliteLedger.Open(state, new Seams());
        var clock = Stopwatch.StartNew();
        var warm = lines / 4;
        for (var sent = 0; sent < lines; sent += UrlBatch.MaxRows)
        {
            if (sent >= warm && sent - UrlBatch.MaxRows < warm)
                clock.Restart();
            await ledger.AdmitAsync(Filled(pool.Rent(), source, text, sent, random));
        }

        await ledger.FlushAsync();
        Console.WriteLine("admission: the ledger's writer alone");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {(lines - warm) / clock.Elapsed.TotalSeconds / 1e6,16:0.000} M URLs/s"));
        latency.Print();
    }

    private static UrlBatch Filled(UrlBatch batch, SourceProgress source, ReadOnlySpan<byte> text, int sent, Random random)
    {
        batch.Source = source.Source;
        batch.ReadAt = Stopwatch.GetTimestamp();
        batch.Receipt = source.Open("", 0);
        for (batch.Count = 0; batch.Count < UrlBatch.MaxRows; batch.Count++)
        {
            var start = batch.Count * text.Length;
            text.CopyTo(batch.Text.AsSpan(start));
            batch.Rows[batch.Count] = new UrlRow
            {
                TextStart = start,
                TextLength = text.Length,
                SourceOffset = (long)(sent + batch.Count) * text.Length,
                ContentId = new UInt128((ulong)random.NextInt64(), (ulong)random.NextInt64()),
                Strategy = ProcessingStrategy.HttpContent,
                Priority = PriorityClass.Normal,
            };
        }

        return batch;
    }
}
