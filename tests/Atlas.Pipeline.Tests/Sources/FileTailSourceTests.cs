using System.Net.Sockets;
using Atlas.Pipeline.Sources;
using Microsoft.Extensions.Time.Testing;

namespace Atlas.Pipeline.Tests.Sources;

public sealed class FileTailSourceTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("atlas-tail-").FullName;
    private readonly SourceTestBed _bed = new();
    private readonly FakeTimeProvider _clock = new();
    private readonly CancellationTokenSource _drain = new();
    private readonly Dictionary<string, long> _committed = [];

    public void Dispose()
    {
        _drain.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Without_following_the_files_are_read_to_their_ends()
    {
        Write("a.log", "one\n\ntwo");
        Write("b.log", "three\n");
        var source = SourceOf(follow: false, "*.log");

        await source.RunAsync(_bed.SendAsync, _drain.Token);

        Assert.Equal(["one", "two", "three"], _bed.Rows);
        Assert.Equal(14, source.BytesTotal);
        Assert.Equal(14, source.BytesRead);
        Assert.Equal(1, source.LinesSkipped);
    }

    [Fact]
    public async Task Reading_resumes_at_the_committed_place_even_under_another_name()
    {
        Write("a.log", "one\ntwo\n");
        await SourceOf(follow: false, "a.log").RunAsync(_bed.SendAsync, _drain.Token);
        foreach (var (file, offset) in _bed.Advanced())
            _committed[file] = offset;
        File.Move(PathOf("a.log"), PathOf("b.log"));
        File.AppendAllText(PathOf("b.log"), "three\n");

        await SourceOf(follow: false, "b.log").RunAsync(_bed.SendAsync, _drain.Token);

        Assert.SkipUnless(OperatingSystem.IsLinux(), "A file keeps its identity through a renaming on Linux only.");
        Assert.Equal(["one", "two", "three"], _bed.Rows);
    }

    [Fact]
    public async Task A_half_written_last_line_is_held_back_until_its_newline_comes()
    {
        Write("a.log", "one\ntw");
        var run = SourceOf(follow: true, "a.log").RunAsync(_bed.SendAsync, _drain.Token);
        await _bed.WhenRows(1);
        File.AppendAllText(PathOf("a.log"), "o\n");
        await UntilRows(2);
        await StopAsync(run);

        Assert.Equal(["one", "two"], _bed.Rows);
    }

    [Fact]
    public async Task A_file_that_is_rotated_away_is_read_to_its_end_and_then_the_new_one()
    {
        Write("a.log", "one\n");
        var run = SourceOf(follow: true, "a.log").RunAsync(_bed.SendAsync, _drain.Token);
        await _bed.WhenRows(1);
        File.AppendAllText(PathOf("a.log"), "two\nthree");
        File.Move(PathOf("a.log"), PathOf("a.log.1"));
        Write("a.log", "four\n");
        await UntilRows(4);
        await StopAsync(run);

        Assert.Equal(["four", "one", "three", "two"], _bed.Rows.Order());
        Assert.True(_bed.Rows.ToList().IndexOf("two") < _bed.Rows.ToList().IndexOf("four"));
    }

    [Fact]
    public async Task A_file_that_is_truncated_is_read_from_its_beginning()
    {
        Write("a.log", "one\ntwo\nthr");
        var run = SourceOf(follow: true, "a.log").RunAsync(_bed.SendAsync, _drain.Token);
        await _bed.WhenRows(2);
        Write("a.log", "new\n");
        await UntilRows(3);
        await StopAsync(run);

        Assert.Equal(["one", "two", "new"], _bed.Rows);
        Assert.Equal(4, Assert.Single(_bed.Advanced()).Value);
    }

    [Fact]
    public async Task Started_at_the_end_only_new_lines_are_read_but_all_of_a_file_that_comes_later()
    {
        Write("a.log", "old\nhal");
        var run = SourceOf(follow: true, start: true, "*.log").RunAsync(_bed.SendAsync, _drain.Token);
        await UntilAdvanced();
        File.AppendAllText(PathOf("a.log"), "f\n");
        Write("b.log", "first\n");
        await UntilRows(2);
        await StopAsync(run);

        Assert.Equal(["first", "half"], _bed.Rows.Order());
    }

    [Fact]
    public async Task A_path_that_is_not_there_does_not_keep_others_from_being_read()
    {
        Write("b.log", "one\n");
        var run = SourceOf(follow: true, "missing.log", "b.log").RunAsync(_bed.SendAsync, _drain.Token);
        await _bed.WhenRows(1);
        Write("missing.log", "late\n");
        await UntilRows(2);
        await StopAsync(run);

        Assert.Equal(["one", "late"], _bed.Rows);
    }

    // A run that reads to the end once ended well with a warning, and the lines of such a file were never read.
    [Fact]
    public async Task Without_following_a_file_that_is_not_there_fails_the_source()
    {
        Write("b.log", "one\n");

        var error = await Assert.ThrowsAsync<FileNotFoundException>(() => SourceOf(follow: false, "missing.log", "b.log").RunAsync(_bed.SendAsync, _drain.Token));

        Assert.Contains(PathOf("missing.log"), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_following_a_file_that_goes_away_after_it_was_read_is_no_failure()
    {
        Write("a.log", "one\n");

        await SourceOf(follow: false, "a.log").RunAsync(
            batch =>
            {
                File.Delete(PathOf("a.log"));
                return _bed.SendAsync(batch);
            },
            _drain.Token);

        Assert.Equal(["one"], _bed.Rows);
    }

    [Fact]
    public async Task Without_following_a_file_that_cannot_be_opened_fails_the_source()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "A socket is no file there.");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(PathOf("a.log")));

        var error = await Assert.ThrowsAsync<IOException>(() => SourceOf(follow: false, "*.log").RunAsync(_bed.SendAsync, _drain.Token));

        Assert.Contains(PathOf("a.log"), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_following_a_file_that_cannot_be_read_fails_the_source()
    {
        const string Unreadable = "/sys/class/net/lo/speed";
        Assert.SkipUnless(File.Exists(Unreadable), "This system has no file that opens and does not read.");

        var error = await Assert.ThrowsAsync<IOException>(() => SourceOf(follow: false, Unreadable).RunAsync(_bed.SendAsync, _drain.Token));

        Assert.Contains(Unreadable, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Globs_match_within_names_and_through_directories()
    {
        Directory.CreateDirectory(PathOf("x/y"));
        foreach (var name in (string[])["a.log", "ab.log", ".h.log", "x/c.log", "x/y/d.log", "x/y/d.txt"])
            Write(name, "");

        Assert.Equal(["a.log", "ab.log"], Found("*.log"));
        Assert.Equal(["a.log"], Found("?.log"));
        Assert.Equal(["x/c.log"], Found("*/*.log"));
        Assert.Equal(["a.log", "ab.log", "x/c.log", "x/y/d.log"], Found("**/*.log"));
        Assert.Equal(["x/y/d.txt"], Found("x/y/d.txt"));
        Assert.Empty(Found("nowhere/*.log"));
    }

    private IEnumerable<string> Found(string pattern) => PathGlob.Find(PathOf(pattern)).Select(path => path[(_directory.Length + 1)..]);

    private FileTailSource SourceOf(bool follow, params string[] paths) => SourceOf(follow, start: false, paths);

    private FileTailSource SourceOf(bool follow, bool start, params string[] paths) => new(
        new FileTailOptions { Paths = paths.Select(PathOf).ToList(), Follow = follow, StartsAtEnd = start },
        "feed",
        _bed.Pool,
        _bed.Progress,
        file => _committed.GetValueOrDefault(file),
        new Seams { Time = _clock });

    // Turns the clock until the source has looked often enough: it looks on another thread.
    private async Task UntilRows(int count)
    {
        var reached = _bed.WhenRows(count);
        while (!reached.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(250));
            await Task.Yield();
        }

        await reached;
    }

    private async Task UntilAdvanced()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (_bed.Advanced().Count == 0)
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private async Task StopAsync(Task run)
    {
        await _drain.CancelAsync();
        await run.WaitAsync(TimeSpan.FromSeconds(10));
    }

    private string PathOf(string name) => Path.Combine(_directory, name);

    private void Write(string name, string text) => File.WriteAllText(PathOf(name), text);
}
