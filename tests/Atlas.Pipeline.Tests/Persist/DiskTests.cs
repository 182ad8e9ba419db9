namespace Atlas.Pipeline.Tests.Persist;

public sealed class DiskTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("atlas-").FullName;

    private string File => Path.Combine(_directory, "00000001.seg");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_reserved_file_is_as_long_as_what_was_written()
    {
        var file = new Disk().Open(File, preallocate: 1 << 20);
        file.Write("abc"u8, 2);

        Assert.Equal(5, file.Length);
        file.Dispose();
        Assert.Equal([0, 0, (byte)'a', (byte)'b', (byte)'c'], new Disk().ReadAll(File));
    }

    [Fact]
    public void Space_that_cannot_be_reserved_is_done_without()
    {
        using var file = new Disk().Open(File, preallocate: long.MaxValue / 2);
        file.Write("abc"u8, 0);

        Assert.Equal(3, file.Length);
    }

    [Fact]
    public void A_file_that_is_there_is_opened_as_it_is()
    {
        new Disk().Replace(File, "abc"u8);

        using var file = new Disk().Open(File, preallocate: 1 << 20);
        file.Write("d"u8, 3);
        var bytes = new byte[8];

        Assert.Equal(4, file.Read(bytes, 0));
        Assert.Equal("abcd"u8, bytes.AsSpan(0, 4));
    }
}
