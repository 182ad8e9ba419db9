using static Atlas.Pipeline.Tests.Topology.TopologyTestBed;

namespace Atlas.Pipeline.Tests.Topology;

public sealed class LinkChecksTests
{
    [Fact]
    public void A_cycle_is_named() => Says(
        """
        name: a
        sources: { lines: { type: stdin } }
        stages:
          normalize: { from: [lines, dedup] }
          classify: { from: normalize }
          dedup: { from: classify }
          write: { from: dedup }
        """,
        "p.yaml(4,30): stages.normalize.from: the stages feed one another in a circle: normalize -> classify -> dedup -> normalize.");

    [Fact]
    public void What_nobody_takes_is_reported() => Says(
        """
        name: a
        sources: { lines: { type: stdin }, more: { type: tail } }
        stages:
          route: { from: lines, outputs: [x, y] }
          write: { from: [route.x, route.z] }
          dedup: { from: lines }
        """,
        "p.yaml(2,36): sources.more: nobody takes what it gives; name it in the from of a stage.",
        "p.yaml(4,3): stages.route: nobody takes what it gives; name it in the from of a stage.",
        "p.yaml(5,28): stages.write.from: 'route' has no output 'z'. Did you mean 'x'? Its outputs: x, y.",
        "p.yaml(6,3): stages.dedup: nobody takes what it gives; name it in the from of a stage.");

    [Fact]
    public void What_can_be_read_once_has_one_reader() => Says(
        """
        name: a
        sources: { lines: { type: stdin }, more: { type: stdin }, old: { type: tail }, new: { type: tail } }
        stages:
          write: { from: [lines, more, old, new] }
        """,
        "p.yaml(2,36): sources.more: there can be one 'stdin' only, and 'lines' is it; let the stages it feeds name that one.");

    [Fact]
    public void Ports_must_fit() => Says(
        """
        name: a
        state: s
        sources: { lines: { type: stdin } }
        stages:
          fetch: { from: lines }
          persist: { from: fetch }
          write: { from: [lines, persist] }
        """,
        "p.yaml(5,18): stages.fetch.from: 'fetch' takes work items, but 'lines' gives lines.",
        "p.yaml(7,26): stages.write.from: 'persist' gives nothing out; it is an end of the line.");

    [Fact]
    public void A_name_is_given_once() => Says(
        "name: a\nsources: { write: { type: stdin } }\nstages: { write: { from: write }, out: { type: write, from: write } }",
        "p.yaml(3,11): stages.write: the name is taken by the source in line 2; give one of them another name.");

    [Fact]
    public void A_feeder_is_listed_once() =>
        Says(GoodBut("from: dedup,", "from: [dedup, dedup],"), "p.yaml(9,27): stages.buffer.from: is listed twice; keep one.");

    [Fact]
    public void A_buffer_needs_a_state() =>
        Says(GoodBut("state: ./state\n", ""), "p.yaml(8,3): state: is required and missing: the ledger of 'buffer' lives there, as 'state: ./state/crawl'.");

    [Fact]
    public void There_is_at_most_one_buffer() =>
        Says(Good + "\n  second: { type: buffer, from: dedup }", "p.yaml(12,3): stages.second: a pipeline has at most one buffer, and 'buffer' is it.");

    [Fact]
    public void In_front_of_a_ledger_there_is_one_dedup_as_a_second_would_find_everything_known() =>
        Says(GoodBut("from: dedup,", "from: twice,") + "\n  twice: { type: dedup, from: dedup }", "p.yaml(12,3): stages.twice: a pipeline with a buffer has one dedup stage, and 'dedup' is it; feed that from all ways.");

    [Fact]
    public void A_buffer_may_be_the_end() => Definition(GoodBut("  fetch: { from: buffer }\n  persist: { from: fetch }", ""));

    [Theory]
    [InlineData("classify: { from: normalize }", "classify: { from: [normalize, lines] }", "p.yaml(9,19): stages.buffer.from: lines must pass normalize, then classify, then dedup before the buffer; normalize is missing on the way lines -> classify -> dedup -> buffer.")]
    [InlineData("from: dedup,", "from: [dedup, classify],", "p.yaml(9,27): stages.buffer.from: lines must pass normalize, then classify, then dedup before the buffer; dedup is missing on the way lines -> normalize -> classify -> buffer.")]
    public void Every_way_to_the_buffer_passes_what_it_needs(string old, string instead, string expected) => Says(GoodBut(old, instead), expected);

    [Fact]
    public void Behind_the_buffer_is_a_chain() => Says(
        Good + "\n  again: { type: fetch, from: buffer }\n  keep: { type: persist, from: [again, fetch] }",
        "p.yaml(12,31): stages.again.from: 'buffer' already feeds 'fetch'; behind the buffer the stages stand in a chain.",
        "p.yaml(13,40): stages.keep.from: 'fetch' already feeds 'persist'; behind the buffer the stages stand in a chain.",
        "p.yaml(13,40): stages.keep.from: behind the buffer a stage has one feeder, and 'again' is it; remove 'fetch'.");

    [Fact]
    public void Ways_that_part_and_meet_again_are_refused_as_only_one_copy_of_a_line_would_count() => Says(
        GoodBut("classify: { from: normalize }", "strict: { type: classify, from: normalize }\n  lax: { type: classify, from: normalize }").Replace("from: classify,", "from: [strict, lax],", StringComparison.Ordinal),
        "p.yaml(9,27): stages.dedup.from: the ways normalize -> strict -> dedup and normalize -> lax -> dedup part at 'normalize' and meet again here: every line would come twice and only one copy would count. Set the stages one behind the other, or part the lines with a route stage, which sends each of them one way.");

    [Fact]
    public void A_stage_and_what_it_feeds_may_not_both_feed_another() => Says(
        """
        name: a
        sources: { lines: { type: stdin } }
        stages:
          normalize: { from: lines }
          classify: { from: normalize }
          write: { from: [normalize, classify] }
        """,
        "p.yaml(6,30): stages.write.from: the ways normalize -> write and normalize -> classify -> write part at 'normalize' and meet again here: every line would come twice and only one copy would count. Set the stages one behind the other, or part the lines with a route stage, which sends each of them one way.");

    [Fact]
    public void Ways_that_a_route_parts_may_meet_again() => Definition(
        GoodBut("classify: { from: normalize }", "route: { from: normalize, outputs: [files] }\n  strict: { type: classify, from: route }\n  lax: { type: classify, from: route.files }").Replace("from: classify,", "from: [strict, lax],", StringComparison.Ordinal));

    [Fact]
    public void Two_takers_of_one_output_of_a_route_may_not_meet_again()
    {
        var (_, mistakes, _) = Read(
            GoodBut("classify: { from: normalize }", "route: { from: normalize, outputs: [] }\n  strict: { type: classify, from: route }\n  lax: { type: classify, from: route }").Replace("from: classify,", "from: [strict, lax],", StringComparison.Ordinal));

        Assert.Contains("part at 'route' and meet again here", Assert.Single(mistakes).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_sources_and_a_side_way_are_no_ways_that_meet_again() => Definition(
        GoodBut("  lines: { type: stdin }", "  lines: { type: stdin }\n  more: { type: tail }").Replace("normalize: { from: lines }", "normalize: { from: [lines, more] }", StringComparison.Ordinal)
        + "\n  write: { from: dedup }\n  raw: { type: write, from: normalize }");

    [Fact]
    public void A_dedup_on_a_side_way_is_refused_as_it_would_let_everything_through() => Says(
        """
        name: a
        sources: { lines: { type: stdin } }
        stages:
          normalize: { from: lines }
          one: { type: dedup, from: normalize }
          two: { type: dedup, from: normalize }
          first: { type: write, from: one }
          second: { type: write, from: two }
        """,
        "p.yaml(6,3): stages.two: the same lines go from 'normalize' to 'one' as well, and a line counts on one way only: this dedup would let everything through. Set one dedup in front of where the ways part, or give each way a pipeline of its own.");

    [Fact]
    public void A_dedup_beside_a_way_without_one_is_fine() => Definition(
        """
        name: a
        sources: { lines: { type: stdin } }
        stages:
          normalize: { from: lines }
          raw: { type: write, from: normalize }
          dedup: { from: normalize }
          write: { from: dedup }
        """);

    [Fact]
    public void Fetch_needs_persist_behind_it() =>
        Says(GoodBut("  persist: { from: fetch }", ""), "p.yaml(10,3): stages.fetch: needs a persist stage behind it; what it fetches would be lost.");
}
