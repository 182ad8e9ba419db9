using System.Globalization;
using System.Text;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.DeadLetters;

/// <summary>Letters that have something in common.</summary>
/// <param name="Name">What that is; empty where it is nothing, as with lines that name no host.</param>
/// <param name="Count">How many.</param>
/// <param name="Newest">When the last of them was refused or given up.</param>
internal sealed record LetterCount(string Name, long Count, DateTimeOffset Newest);

/// <summary>Dead letters by what they have in common, those with the most first.</summary>
/// <param name="Top">As many as were asked for.</param>
/// <param name="Groups">How many there are.</param>
/// <param name="Letters">Letters in all of them.</param>
internal sealed record LetterCounts(IReadOnlyList<LetterCount> Top, long Groups, long Letters)
{
    /// <summary>What can be counted by.</summary>
    public static IReadOnlyList<string> Groupings { get; } = ["reason", "class", "stage", "host", "domain", "source", "day"];

    /// <summary>What of the index it is counted by.</summary>
    public static LetterGrouping ColumnOf(string by) => by switch
    {
        "host" => LetterGrouping.Host,
        "domain" => LetterGrouping.Domain,
        "source" => LetterGrouping.Source,
        "day" => LetterGrouping.Day,
        _ => LetterGrouping.Reason,
    };

    /// <summary>What a letter is counted under.</summary>
    public static string NameOf(Letter letter, string by, Func<Letter, string> hostOf) => by switch
    {
        "class" => LetterClasses.NameOf(letter.Reason.Class),
        "stage" => LetterStage.Of(letter.Reason),
        "host" => hostOf(letter),
        "domain" => Encoding.ASCII.GetString(LetterHost.DomainOf(Encoding.ASCII.GetBytes(hostOf(letter)))),
        "source" => letter.Source,
        "day" => letter.At.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        _ => letter.ReasonName,
    };

    public static LetterCounts Of(IReadOnlyCollection<LetterCount> counts, int most) => new(
        [.. counts.OrderByDescending(count => count.Count).ThenBy(count => count.Name, StringComparer.Ordinal).Take(most)],
        counts.Count,
        counts.Sum(count => count.Count));

    /// <param name="groups">By <see cref="ColumnOf"/>.</param>
    /// <param name="by">What it is asked by: several reasons are of one class.</param>
    /// <param name="most">Groups that are named.</param>
    /// <param name="read">Names a group by one of its letters.</param>
    public static LetterCounts Of(IReadOnlyCollection<LetterGroup> groups, string by, int most, Func<LetterGroup, string, string> read)
    {
        if (by is "class" or "stage")
        {
            return Of(
                [.. groups.GroupBy(group => KnownName((ushort)group.Key, by))
                    .Select(group => new LetterCount(group.Key, group.Sum(each => each.Count), TimeOf(group.Max(each => each.Newest))))],
                most);
        }

        var top = groups.OrderByDescending(group => group.Count).ThenByDescending(group => group.Newest).Take(most)
            .Select(group => new LetterCount(by == "reason" && Reason.IsKnown((ushort)group.Key) ? KnownName((ushort)group.Key, by) : read(group, by), group.Count, TimeOf(group.Newest)));
        return new LetterCounts([.. top], groups.Count, groups.Sum(group => group.Count));
    }

    private static string KnownName(ushort code, string by)
    {
        var reason = Reason.IsKnown(code) ? new Reason(code) : Reason.None;
        return by switch
        {
            "class" => LetterClasses.NameOf(reason.Class),
            "stage" => LetterStage.Of(reason),
            _ => reason.Name,
        };
    }

    private static DateTimeOffset TimeOf(LetterPlace place) => DateTimeOffset.FromUnixTimeMilliseconds(place.At);
}
