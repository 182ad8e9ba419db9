using System.Text;
using System.Text.RegularExpressions;
using Atlas.Pipeline.Fetch;
using FsCheck.Xunit;

namespace Atlas.Pipeline.Tests.Fetch;

public sealed class RobotsPatternTests
{
    // Repeated letters make pieces long enough for either way of looking for them.
    [Property(MaxTest = 3000)]
    public void A_star_is_anything(byte[] pattern, byte[] path, bool toTheEnd)
    {
        var (rule, asked) = (Spell(pattern, stars: true), Spell(path, stars: false));
        var expression = "^" + Regex.Escape(rule).Replace(@"\*", ".*", StringComparison.Ordinal) + (toTheEnd ? @"\z" : "");

        var steps = 0;
        var matches = RobotsPattern.IsMatch(Encoding.ASCII.GetBytes(rule), toTheEnd, Encoding.ASCII.GetBytes(asked), ref steps);

        Assert.Equal(Regex.IsMatch(asked, expression, RegexOptions.NonBacktracking), matches);
        Assert.InRange(steps, 1, 2 * (rule.Length + asked.Length + 2));
    }

    [Fact]
    public void A_long_last_piece_is_counted_once()
    {
        var steps = 0;
        var pattern = "*a" + new string('b', 40) + new string('a', 40);

        Assert.False(RobotsPattern.IsMatch(Encoding.ASCII.GetBytes(pattern), toTheEnd: false, Encoding.ASCII.GetBytes(new string('a', 81)), ref steps));

        Assert.InRange(steps, 1, 2 * (pattern.Length + 81));
    }

    [Theory]
    [InlineData("*a", 8_000, "", "a", 60_000)]
    [InlineData("*a", 8_000, "b", "a", 60_000)]
    [InlineData("*ab", 5_000, "c", "ab", 30_000)]
    [InlineData("*", 1, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "a", 60_000)]
    [InlineData("a", 30_000, "b*", "a", 60_000)]
    public void A_rule_that_is_made_to_be_slow_costs_what_its_length_and_the_paths_cost(string piece, int pieces, string end, string part, int parts)
    {
        var pattern = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(piece, pieces)) + end);
        var path = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(part, parts)));

        var steps = 0;
        RobotsPattern.IsMatch([(byte)'*', .. pattern], toTheEnd: false, path, ref steps);

        Assert.InRange(steps, 1, 2 * (pattern.Length + path.Length + 2));
    }

    private static string Spell(byte[] bytes, bool stars)
    {
        var text = new StringBuilder();
        foreach (var octet in bytes ?? [])
            text.Append(stars && octet % 5 == 0 ? '*' : octet % 2 == 0 ? 'a' : 'b', octet > 200 && octet % 5 != 0 ? 40 : 1);
        return text.ToString();
    }
}
