using Atlas.Pipeline.Tests.Graph;
using Atlas.Pipeline.Topology;
using static Atlas.Pipeline.Tests.Topology.TopologyTestBed;

namespace Atlas.Pipeline.Tests.Topology;

public sealed class TopologyDrawingTests
{
    [Fact]
    public void Text_has_a_line_for_each_in_flow_order_and_names_a_kind_only_where_it_is_another_word()
    {
        var text = TopologyDrawing.Text(Definition("name: a\nsources: { lines: { type: stdin } }\nstages: { r: { type: route, from: lines, outputs: [x] }, write: { from: [r, r.x] } }"));

        Assert.Equal("a\n  lines (stdin)\n  r (route)      <- lines\n  write          <- r, r.x\n", text);
    }

    [Fact]
    public void Mermaid_and_dot_show_every_link()
    {
        var definition = Definition(Good);

        Assert.Contains("  n1[\"normalize\"]\n", TopologyDrawing.Mermaid(definition), StringComparison.Ordinal);
        Assert.Contains("  n0 --> n1\n", TopologyDrawing.Mermaid(definition), StringComparison.Ordinal);
        Assert.Contains("  \"fetch\" -> \"persist\";\n", TopologyDrawing.Dot(definition), StringComparison.Ordinal);
    }

    [Fact]
    public void What_comes_back_through_the_ledger_has_an_arrow_of_its_own()
    {
        var links = GraphTestBed.Stage("links", takes: Port.None);
        var search = GraphTestBed.Stage("search", from: new Link("links", null));
        var definition = new PipelineDefinition { File = "", Name = "a", Sources = [links], Stages = [search with { Kind = search.Kind with { ComesBackBy = links.Kind.Word, Word = "search" } }] };

        Assert.EndsWith("  n0 --> n1\n  n1 -.->|\"through the ledger\"| n0\n", TopologyDrawing.Mermaid(definition), StringComparison.Ordinal);
        Assert.Contains("  \"search\" -> \"links\" [style=dashed, constraint=false, label=\"through the ledger\"];\n", TopologyDrawing.Dot(definition), StringComparison.Ordinal);
        Assert.Contains("<- search, through the ledger\n", TopologyDrawing.Text(definition), StringComparison.Ordinal);
    }

    [Fact]
    public void Names_cannot_break_out_of_their_quotes()
    {
        var definition = new PipelineDefinition { File = "", Name = "a\"\\", Sources = [GraphTestBed.Stage("s\"<", takes: Port.None)], Stages = [GraphTestBed.Stage("t", from: new Link("s\"<", "o\""))] };

        Assert.Contains("n0([\"s#quot;#lt;\"])", TopologyDrawing.Mermaid(definition), StringComparison.Ordinal);
        Assert.Contains("digraph \"a\\\"\\\\\" {", TopologyDrawing.Dot(definition), StringComparison.Ordinal);
        Assert.Contains("\"s\\\"<\" -> \"t\" [label=\"o\\\"\"];", TopologyDrawing.Dot(definition), StringComparison.Ordinal);
    }
}
