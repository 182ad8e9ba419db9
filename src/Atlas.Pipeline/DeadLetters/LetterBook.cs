using System.Text;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.DeadLetters;

/// <summary>The dead letters of a state directory for whoever asks: what fits a filter by the index, what it says by the ledger. One caller at a time; a pipeline may be running there.</summary>
/// <param name="state">The state directory, with a ledger.</param>
/// <param name="steps">How far it is with what takes long.</param>
/// <param name="seams">Time and disk.</param>
internal sealed class LetterBook(string state, StepProgress steps, Seams seams) : IDisposable
{
    private readonly LetterReader _reader = new(StateDirectory.LedgerFileIn(state));
    private readonly ActReader _acts = new(StateDirectory.LedgerFileIn(state));
    private readonly LetterHost _host = new();

    /// <summary>What the last run on the directory wrote down of its rules for keys; empty if none has.</summary>
    public string KeyRules => _reader.KeyRules;

    /// <summary>Whether a question had to make the index for that once, as <c>letters/</c> can't be written.</summary>
    public bool HadNoIndex { get; private set; }

    /// <summary>A page of the letters that fit, the newest first.</summary>
    /// <param name="filter">What is wanted.</param>
    /// <param name="most">How many at most, from 1.</param>
    /// <param name="after">The last place of the page before; null for the first page.</param>
    public async Task<LetterPage> PageAsync(LetterFilter filter, int most, LetterPlace? after)
    {
        // One more than asked for says whether there is another page.
        var (places, count) = await AskAsync(letters => letters.Newest(filter, most + 1, after));
        var page = Read(places.Take(most)).ToList();
        return new LetterPage(page, count ?? (after is null && places.Count <= most ? places.Count : null), places.Count > most ? places[most - 1] : null);
    }

    /// <summary>All letters that fit, the oldest first.</summary>
    public Task<IReadOnlyList<LetterPlace>> FindAsync(LetterFilter filter) => AskAsync(letters => letters.Find(filter));

    /// <summary>How many letters fit.</summary>
    public Task<long> CountAsync(LetterFilter filter) => AskAsync(letters => letters.Count(filter));

    /// <summary>How many letters fit, by what they have in common.</summary>
    /// <param name="filter">What is wanted.</param>
    /// <param name="by">One of <see cref="LetterCounts.Groupings"/>.</param>
    /// <param name="most">Groups that are named, those with the most letters.</param>
    public async Task<LetterCounts> CountAsync(LetterFilter filter, string by, int most)
    {
        var groups = await AskAsync(letters => letters.Groups(filter, LetterCounts.ColumnOf(by)));
        if (by != "reason" || groups.All(group => group.Key != Reason.None.Code))
            return LetterCounts.Of(groups, by, most, NameOf);

        // Reasons that this program does not know are one to the index; by name they stand in the ledger.
        var unknown = Count(await AskAsync(letters => letters.Find(filter with { Reasons = [Reason.None] })), by);
        var known = LetterCounts.Of([.. groups.Where(group => group.Key != Reason.None.Code)], by, int.MaxValue, NameOf);
        return LetterCounts.Of([.. known.Top, .. unknown], most);
    }

    /// <summary>Counts letters one by one.</summary>
    /// <param name="places">The oldest first.</param>
    private Dictionary<string, LetterCount>.ValueCollection Count(IReadOnlyList<LetterPlace> places, string by)
    {
        var counts = new Dictionary<string, LetterCount>();
        steps.Begin("reading dead letters", places.Count);
        foreach (var letter in Read(places))
        {
            steps.Advance(1);
            var name = LetterCounts.NameOf(letter, by, HostOf);
            var count = counts.GetValueOrDefault(name) ?? new LetterCount(name, 0, default);
            counts[name] = count with { Count = count.Count + 1, Newest = letter.At };
        }

        steps.End();
        return counts.Values;
    }

    /// <summary>The letters of a URL: those of its key, and those whose line is the same.</summary>
    /// <param name="line">The URL as it was given.</param>
    /// <param name="key">Its content id by the rules of the directory.</param>
    public async Task<IReadOnlyList<Letter>> FindUrlAsync(byte[] line, UInt128 key)
    {
        // Spellings of one resource have one domain, if they name any.
        var host = Encoding.ASCII.GetString(_host.Of(line));
        var domain = Encoding.ASCII.GetString(LetterHost.DomainOf(Encoding.ASCII.GetBytes(host)));
        var filter = domain.Length > 0 ? new LetterFilter { Domains = [domain] } : host.Length > 0 ? new LetterFilter { Hosts = [host] } : LetterFilter.All;
        return [.. Read(await FindAsync(filter)).Where(letter => letter.ContentId == key || letter.Line.AsSpan().SequenceEqual(line))];
    }

    /// <summary>The letters of a content id, of which there may be several: reads the ids of all letters.</summary>
    public IReadOnlyList<Letter> FindId(UInt128 id)
    {
        steps.Begin("looking for a content id", 0);
        var found = _reader.Find(new HashSet<UInt128> { id });
        steps.End();
        return [.. _reader.Read(found)];
    }

    /// <summary>What stands at some places, in their order; what has gone meanwhile is left out.</summary>
    public IEnumerable<Letter> Read(IEnumerable<LetterPlace> places) => _reader.Read(places.Select(place => place.Sequence));

    /// <summary>The host that a letter is found by; empty if it has none.</summary>
    public string HostOf(Letter letter) => Encoding.ASCII.GetString(_host.Of(letter.Line));

    public static LetterPlace PlaceOf(Letter letter) => new(letter.At.ToUnixTimeMilliseconds(), letter.Sequence);

    /// <summary>What operators have done to many letters at once, the newest first.</summary>
    public IReadOnlyList<LetterAct> Acts(int most) => _acts.Acts(most);

    /// <summary>The hosts and reasons that are held back.</summary>
    public IReadOnlyList<Hold> Holds() => _acts.Holds();

    /// <summary>The replay that was cut short, if there is one.</summary>
    public Replay? Unfinished() => _acts.Unfinished();

    /// <summary>How many letters fit a replay's filter that came after it began.</summary>
    public async Task<long> CountSinceAsync(Replay replay) =>
        LetterFilterText.TryParse(replay.Filter, out var filter, out _) ? (await FindAsync(filter)).LongCount(place => place.Sequence > replay.Ceiling) : 0;

    /// <summary>The letters that a replay by a filter would take.</summary>
    /// <param name="filter">What is wanted.</param>
    /// <param name="again">Whether what the same filter has replayed before is taken too.</param>
    public async Task<ReplayPlan> PlanReplayAsync(LetterFilter filter, bool again)
    {
        var fitting = await FindAsync(filter);
        var holds = Holds();
        var held = new HashSet<long>();
        if (holds.Where(hold => hold.Kind == "reason").Select(hold => Reason.TryParse(hold.Value, out var reason) ? reason : Reason.None).ToArray() is { Length: > 0 } reasons)
            held.UnionWith((await AskAsync(letters => letters.Find(new LetterFilter { Reasons = reasons }))).Select(place => place.Sequence));
        if (holds.Where(hold => hold.Kind == "host").Select(hold => Encoding.ASCII.GetString(LetterHost.WithoutPort(Encoding.ASCII.GetBytes(hold.Value)))).ToArray() is { Length: > 0 } hosts)
            held.UnionWith((await AskAsync(letters => letters.Find(new LetterFilter { Hosts = hosts }))).Select(place => place.Sequence));
        var before = again ? new HashSet<long>() : _acts.ReplayedBy(filter.ToString());
        var free = fitting.Where(place => !held.Contains(place.Sequence)).ToList();
        var letters = free.Where(place => !before.Contains(place.Sequence)).ToList();
        return new ReplayPlan(letters, free.Count - letters.Count, fitting.Count - free.Count);
    }

    public void Dispose()
    {
        _reader.Dispose();
        _acts.Dispose();
    }

    private async Task<T> AskAsync<T>(Func<LetterColumns, T> question)
    {
        // Held only while it is asked: what is read after that stands in the ledger, and others wait for the index.
        using var index = await LetterIndex.OpenAsync(state, steps, seams);
        HadNoIndex |= index.IsTemporary;
        return index.Ask(question);
    }

    /// <summary>What a group has in common that only stands in the ledger.</summary>
    private string NameOf(LetterGroup group, string by) =>
        Read([group.Newest]).FirstOrDefault() is { } letter ? LetterCounts.NameOf(letter, by, HostOf) : "";
}
