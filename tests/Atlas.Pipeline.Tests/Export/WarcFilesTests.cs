using System.Globalization;
using Atlas.Pipeline.Export;

namespace Atlas.Pipeline.Tests.Export;

public sealed class WarcFilesTests : IAsyncDisposable
{
    private readonly ExportBed _bed = new();

    private string Out => Path.Combine(_bed.State, "out");

    public ValueTask DisposeAsync() => _bed.DisposeAsync();

    [Fact]
    public async Task A_full_file_is_followed_by_the_next_and_each_can_be_read_alone()
    {
        for (var number = 0; number < 10; number++)
            await _bed.StoreAsync($"http://a.test/{number}", System.Security.Cryptography.RandomNumberGenerator.GetBytes(1_000));

        Write(mostBytes: 3_000);

        var files = Directory.GetFiles(Out).Order(StringComparer.Ordinal).ToList();
        Assert.InRange(files.Count, 3, 6);
        Assert.Equal("a-00000.warc.gz", Path.GetFileName(files[0]));
        var all = files.ConvertAll(file => StrictWarc.ReadGzip(File.ReadAllBytes(file)));
        Assert.Equal(files.ConvertAll(Path.GetFileName), all.Select(records => records[0]["WARC-Filename"]));
        Assert.Equal(Enumerable.Range(0, 10).Select(number => string.Create(CultureInfo.InvariantCulture, $"http://a.test/{number}")), all.SelectMany(records => records).Where(record => record.Type == "response").Select(record => record["WARC-Target-URI"]));
        Assert.Equal(all.Count, all.Select(records => records[0]["WARC-Record-ID"]).Distinct().Count());
    }

    [Fact]
    public async Task Two_exports_of_one_state_are_equal_byte_for_byte()
    {
        for (var number = 0; number < 5; number++)
            await _bed.StoreAsync($"http://a.test/{number}", "the same body"u8.ToArray());

        Write(mostBytes: 1_000);
        var first = Directory.GetFiles(Out).ToDictionary(file => file, File.ReadAllBytes);
        Directory.Delete(Out, recursive: true);
        Write(mostBytes: 1_000);

        Assert.Equal(first, Directory.GetFiles(Out).ToDictionary(file => file, File.ReadAllBytes));
    }

    [Fact]
    public async Task What_is_not_whole_has_another_name()
    {
        await _bed.StoreAsync("http://a.test/", "x"u8.ToArray());
        using (var target = new FileTarget(Out, _ => "a.warc", takesMany: false))
            target.Begin().WriteByte(1);

        Assert.Equal("a.warc.open", Path.GetFileName(Assert.Single(Directory.GetFiles(Out))));
        Write(mostBytes: 1);
        Assert.Contains("a-00000.warc.gz", Directory.GetFiles(Out).Select(Path.GetFileName));
    }

    [Fact]
    public void Bodies_that_were_written_long_ago_are_forgotten()
    {
        var written = new WrittenBodies(most: 2);
        byte[][] hashes = [.. Enumerable.Range(1, 3).Select(number => Enumerable.Repeat((byte)number, 32).ToArray())];
        foreach (var hash in hashes)
            written.Add(hash, new WrittenBody($"<{hash[0]}>", "", ""));

        Assert.False(written.TryFind(hashes[0], out _));
        Assert.True(written.TryFind(hashes[2], out var last));
        Assert.Equal("<3>", last.RecordId);
    }

    private void Write(long mostBytes)
    {
        using var target = new FileTarget(Out, number => string.Create(CultureInfo.InvariantCulture, $"a-{number:00000}.warc.gz"), takesMany: true);
        _bed.Run((documents, segments) => new WarcRecords(new WarcFiles(target, compresses: true, mostBytes), segments, new StoredBody(segments), documents.LedgerId, "test"));
    }
}
