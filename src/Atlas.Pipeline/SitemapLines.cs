namespace Atlas.Pipeline;

/// <summary>The Sitemap lines of one robots.txt: handed on once for each time that it is read, however many items pass by it. Any thread.</summary>
/// <param name="lines">As written, in order; a robots.txt has 100 at most (<c>RobotsParser</c>).</param>
internal sealed class SitemapLines(IReadOnlyList<string> lines)
{
    private int _isTaken;

    public IReadOnlyList<string> Lines => lines;

    /// <summary>True for the first caller.</summary>
    public bool TryTake() => Volatile.Read(ref _isTaken) == 0 && Interlocked.Exchange(ref _isTaken, 1) == 0;
}
