using System.Globalization;
using System.Text;
using Atlas.Pipeline.Sources;
using Atlas.Urls;
using FsCheck.Xunit;
using Microsoft.Extensions.Time.Testing;

namespace Atlas.Pipeline.Tests.Sources;

public sealed class LineBatcherTests
{
    private static readonly string[] Pieces = ["a", "http://é.example/", "\r", "\n", "\r\n", "\uFEFF", "#", " ", "\t", "\u00ff"];

    [Fact]
    public void Lines_end_in_LF_or_CRLF_and_the_last_one_may_end_in_neither()
    {
        Assert.Equal(["one@0", "two@5", "three@9"], Lines("one\r\ntwo\nthree"));
    }

    [Fact]
    public void A_byte_order_mark_is_dropped_at_the_start_of_the_file_only()
    {
        Assert.Equal(["one@3", "ï»¿two@7"], Lines("\uFEFFone\n\uFEFFtwo\n"));
    }

    [Fact]
    public void Blank_lines_and_comments_are_skipped_and_counted()
    {
        var batcher = NewBatcher();

        Assert.Equal(["one@8", "two#@30"], Lines(Encoding.UTF8.GetBytes("\n \t\n# x\none\n\r\n  # comment 12\n\ntwo#"), batcher: batcher));
        Assert.Equal(6, batcher.LinesSkipped);
    }

    [Fact]
    public void A_line_of_64_KiB_is_accepted_whatever_its_terminator()
    {
        var longest = new string('x', LineBatcher.MaxLine);

        Assert.Equal([$"{longest}@3", $"{longest}@65541"], Lines($"\uFEFF{longest}\r\n{longest}"));
    }

    [Fact]
    public void A_longer_line_is_refused_with_its_first_KiB_and_the_next_one_is_read()
    {
        var tooLong = new string('x', LineBatcher.MaxLine + 1);

        Assert.Equal([$"{tooLong[..1024]}|line_too_long@0", "next@65538"], Lines($"{tooLong}\nnext\n"));
        Assert.Equal([$"{tooLong[..1024]}|line_too_long@0", "next@65539"], Lines($"{tooLong}\r\nnext\n", blockSize: 1000));
    }

    // Three lines with the same first KiB were once one dead letter: known by what is kept of them, the other two counted as repeats.
    [Theory]
    [InlineData(LineBatcher.MaxLine + 1)]
    [InlineData(LineBatcher.MaxLine + 4)]
    [InlineData(LineBatcher.MaxLine + 5)]
    [InlineData(3 * LineBatcher.MaxLine)]
    public void A_longer_line_is_known_by_all_of_its_bytes_however_it_is_cut(int length)
    {
        var text = string.Concat(Enumerable.Range(0, length / 4).Select(i => (i % 9_000).ToString("d4", CultureInfo.InvariantCulture))).PadRight(length, 'x');
        var expected = ContentId.Of(Encoding.UTF8.GetBytes(text));

        foreach (var blockSize in (int[])[int.MaxValue, LineBatcher.MaxLine + 4, 1000])
        {
            Assert.Equal([expected, UInt128.Zero], Ids($"{text}\nnext\n", blockSize));
            Assert.Equal([expected, UInt128.Zero], Ids($"\uFEFF{text}\r\nnext", blockSize));
            Assert.Equal([expected, expected], Ids($"{text}\n{text}", blockSize));
            Assert.Equal(2, Ids($"{text}1\n{text}2\n", blockSize).Distinct().Count());
        }
    }

    [Fact]
    public void A_CR_inside_a_longer_line_is_part_of_it()
    {
        var text = new string('x', LineBatcher.MaxLine) + "\r\r\rx";

        foreach (var blockSize in (int[])[int.MaxValue, 1000, 1])
            Assert.Equal([ContentId.Of(Encoding.UTF8.GetBytes(text))], Ids($"{text}\r\n", blockSize));
    }

    [Fact]
    public void A_longer_line_that_is_forgotten_leaves_nothing_behind()
    {
        var batcher = NewBatcher();
        var line = Encoding.UTF8.GetBytes(new string('x', 2 * LineBatcher.MaxLine));
        batcher.Append(line);
        batcher.StartAt("file", 0);

        batcher.Append([.. line, (byte)'\n']);

        Assert.Equal(ContentId.Of(line), batcher.Take()!.Rows[0].ContentId);
    }

    [Fact]
    public void A_line_without_end_is_held_in_bounded_memory()
    {
        var batcher = NewBatcher();
        var block = new byte[LineBatcher.MaxLine];
        block.AsSpan().Fill((byte)'x');
        for (var i = 0; i < 4; i++)
            batcher.Append(block);

        // The least of some rounds: where a collection falls into one, the rest of the thread's allocation buffer counts as allocated.
        var allocated = Enumerable.Range(0, 5).Min(_ =>
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 200; i++)
                batcher.Append(block);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        });

        Assert.Equal(0, allocated);
        Assert.Equal(1004L * LineBatcher.MaxLine, batcher.Position);
    }

    [Fact]
    public void Bytes_that_are_not_UTF8_are_kept_and_refused()
    {
        byte[] input = [.. "a\n"u8, 0xC3, 0x28, .. "\nb\n"u8];

        Assert.Equal(["a@0", "Ã(|not_utf8@2", "b@5"], Lines(input));
    }

    [Fact]
    public void A_batch_holds_no_more_rows_and_bytes_than_it_may()
    {
        var batcher = NewBatcher();
        var input = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("abc\n", 300)));

        var taken = batcher.Append(input);

        Assert.Equal(4 * UrlBatch.MaxRows, taken);
        Assert.Equal(UrlBatch.MaxRows, batcher.Take()!.Count);
        Assert.Equal(input.Length - taken, batcher.Append(input.AsSpan(taken)));
        Assert.Equal(44, batcher.Take()!.Count);

        var big = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(new string('x', 50_000) + "\n", 3)));
        Assert.Equal(2 * 50_001, batcher.Append(big));
        Assert.Equal(2, batcher.Take()!.Count);
    }

    [Fact]
    public void A_batch_says_where_and_when_it_was_read()
    {
        var progress = new SourceProgress("lines");
        var clock = new FakeTimeProvider();
        var batcher = new LineBatcher("lines", new UrlBatchPool(), progress, new Seams { Time = clock });
        batcher.StartAt("file-7", 100);
        clock.Advance(TimeSpan.FromSeconds(3));

        batcher.Append("one\ntwo\nthr"u8);
        var batch = batcher.Take()!;

        Assert.Equal("lines", batch.Source);
        Assert.Equal(clock.GetTimestamp(), batch.ReadAt);
        Assert.Equal("file-7", batch.Receipt!.File);
        Assert.Equal(108, batch.Receipt.EndOffset);
        Assert.Equal(104, batch.Rows[1].SourceOffset);
    }

    [Fact]
    public void No_memory_is_allocated_for_a_line()
    {
        var batcher = NewBatcher();
        var input = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("http://example.org/\n", 100)));
        batcher.Append(input);

        var before = GC.GetAllocatedBytesForCurrentThread();
        batcher.Append(input);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Where_the_input_is_cut_makes_no_difference()
    {
        byte[] input = [.. "\uFEFFone\r\n\r\n# c\r\n\r\r\ntwo é\n"u8, 0xFF, (byte)'\n', .. " \nlast\r"u8];
        var whole = Lines(input);

        Assert.Equal(4, whole.Count);
        for (var cut = 0; cut <= input.Length; cut++)
            Assert.Equal(whole, Lines(input, firstBlock: cut));
        Assert.Equal(whole, Lines(input, blockSize: 1));
    }

    [Property(MaxTest = 200)]
    public bool Any_input_gives_the_same_lines_however_it_is_cut(byte[] choices, byte size)
    {
        var text = string.Concat(choices.Select(choice => Pieces[choice % Pieces.Length]));
        var input = choices.Length % 2 == 0 ? Encoding.UTF8.GetBytes(text) : Encoding.Latin1.GetBytes(text);

        return Lines(input).SequenceEqual(Lines(input, blockSize: 1 + (size % 7)));
    }

    private static List<UInt128> Ids(string input, int blockSize)
    {
        var ids = new List<UInt128>();
        Read(Encoding.UTF8.GetBytes(input), blockSize, 0, NewBatcher(), (_, row) => ids.Add(row.ContentId));
        return ids;
    }

    private static LineBatcher NewBatcher() => new("lines", new UrlBatchPool(), new SourceProgress("lines"), new Seams());

    private static List<string> Lines(string input, int blockSize = int.MaxValue) => Lines(Encoding.UTF8.GetBytes(input), blockSize);

    private static List<string> Lines(byte[] input, int blockSize = int.MaxValue, int firstBlock = 0, LineBatcher? batcher = null)
    {
        var lines = new List<string>();
        Read(input, blockSize, firstBlock, batcher ?? NewBatcher(), (batch, row) => lines.Add($"{SourceTestBed.Shown(batch, row)}@{row.SourceOffset}"));
        return lines;
    }

    private static void Read(byte[] input, int blockSize, int firstBlock, LineBatcher batcher, Action<UrlBatch, UrlRow> see)
    {
        var at = 0;
        while (at < input.Length)
        {
            var size = at == 0 && firstBlock > 0 ? firstBlock : blockSize;
            at += batcher.Append(input.AsSpan(at, Math.Min(size, input.Length - at)));
            Take();
        }

        batcher.EndFile();
        Take();

        void Take()
        {
            if (batcher.Take() is not { } batch)
                return;
            foreach (ref readonly var row in batch.ActiveRows)
                see(batch, row);
            batch.Release();
        }
    }
}
