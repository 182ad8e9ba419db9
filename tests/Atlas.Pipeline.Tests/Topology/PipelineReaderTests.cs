using static Atlas.Pipeline.Tests.Topology.TopologyTestBed;

namespace Atlas.Pipeline.Tests.Topology;

public sealed class PipelineReaderTests
{
    [Fact]
    public void A_good_file_becomes_a_definition_in_flow_order()
    {
        var shuffled = Good.Replace("  normalize: { from: lines }\n", "", StringComparison.Ordinal) + "\n  normalize: { from: [lines], parallelism: 4, capacity: 2 }\ndrain_deadline_ms: 5";

        var definition = Definition(shuffled);

        Assert.Equal("crawl", definition.Name);
        Assert.Equal("./state", definition.StateDirectory);
        Assert.Equal(TimeSpan.FromMilliseconds(5), definition.DrainDeadline);
        Assert.Equal("lines", Assert.Single(definition.Sources).Name);
        Assert.Equal(["normalize", "classify", "dedup", "buffer", "fetch", "persist"], definition.Stages.Select(stage => stage.Name));
        Assert.Equal((2, 4), (definition.Stages[0].Capacity, definition.Stages[0].Parallelism));
        Assert.Equal(100, definition.Stages[3].Options);
        Assert.Equal(8, definition.Stages[3].Capacity);
    }

    [Fact]
    public void All_mistakes_are_reported_at_once() => Says(
        """
        name: Crawl
        sate: ./state
        sources:
          lines: { type: stdinn }
        stages:
          normalize: { from: lines, parallelism: 65 }
          classify: { from: normalise, parallelism: 2 }
          dedup: { from: classify, expected_url: 5, expected_urls: 0 }
          write: { from: dedup, capacity: none }
        """,
        "p.yaml(1,7): name: a name has only the characters a-z, 0-9, '_' and '-'.",
        "p.yaml(2,1): sate: no such setting. Did you mean 'state'?",
        "p.yaml(4,18): sources.lines.type: no kind of source is called 'stdinn'. Did you mean 'stdin'? There are: stdin, tail.",
        "p.yaml(6,42): stages.normalize.parallelism: must be from 1 to 64, got 65.",
        "p.yaml(7,21): stages.classify.from: no source or stage is called 'normalise'. Did you mean 'normalize'? Here: lines, normalize, classify, dedup, write.",
        "p.yaml(7,45): stages.classify.parallelism: 'classify' works on one batch at a time; remove this setting.",
        "p.yaml(8,28): stages.dedup.expected_url: no such setting. Did you mean 'expected_urls'?",
        "p.yaml(8,60): stages.dedup.expected_urls: must be at least 1, got 0.",
        "p.yaml(9,35): stages.write.capacity: must be a whole number, got 'none'.");

    [Fact]
    public void A_pipeline_needs_a_name_a_source_and_a_stage()
    {
        Says(
            "stages: {}",
            "p.yaml(1,1): name: is required and missing.",
            "p.yaml(1,1): sources: is required and missing: a pipeline has at least one source.",
            "p.yaml(1,9): stages: a pipeline has at least one stage.");
    }

    [Fact]
    public void A_source_needs_a_type_and_a_stage_a_from() => Says(
        """
        name: a
        sources:
          lines: {}
          in: { type: write }
        stages:
          write: {}
          also: { type: write, from: [] }
        """,
        "p.yaml(3,10): sources.lines.type: is required and missing.",
        "p.yaml(4,15): sources.in.type: 'write' is a stage; it belongs under stages.",
        "p.yaml(6,10): stages.write.from: is required and missing.",
        "p.yaml(7,30): stages.also.from: nobody feeds this stage; name at least one source or stage.");

    [Fact]
    public void What_has_no_effect_yet_is_a_note()
    {
        var (definition, _, notes) = Read(Good + "\nhttp: { port: 1 }\nalerts: []");

        Assert.NotNull(definition);
        Assert.Equal(["p.yaml(12,1): http: has no effect in this version.", "p.yaml(13,1): alerts: has no effect in this version."], notes.Select(note => note.ToString()));
    }

    [Fact]
    public void Overrides_replace_and_create()
    {
        var definition = Definition(Good, "stages.buffer.capacity=7", "stages.side.from=[dedup]", "stages.side.type=write", "name=other", "drain_deadline_ms=1");

        Assert.Equal("other", definition.Name);
        Assert.Equal(TimeSpan.FromMilliseconds(1), definition.DrainDeadline);
        Assert.Equal(7, definition.Stages.Single(stage => stage.Name == "buffer").Options);
        Assert.Equal("dedup", Assert.Single(definition.Stages.Single(stage => stage.Name == "side").From).From);
    }

    [Fact]
    public void A_mistake_in_an_override_is_placed_in_the_override()
    {
        var (_, mistakes, _) = Read(Good, "name", "stages.dedup.expected_urls=0", "name.x=1", "name=[", "stages.dedup.expected=1");

        Assert.Equal(
            [
                "--set(1,1): must be written path.to.setting=value, as stages.fetch.concurrency=64.",
                "--set(2,28): stages.dedup.expected_urls: must be at least 1, got 0.",
                "--set(3,1): name.x: leads through a list or a single value; a path goes through maps only.",
                "--set(4,6): name: is not valid YAML: ",
                "--set(5,23): stages.dedup.expected: no such setting.",
            ],
            mistakes.Select((mistake, i) => i switch { 3 => mistake.ToString()[..37], 4 => mistake.ToString()[..52], _ => mistake.ToString() }));
    }

    /// <summary>They were reported in the first line of the file, as a stage without a 'from'.</summary>
    [Fact]
    public void An_override_of_a_stage_that_is_not_there_is_a_mistake_of_the_override()
    {
        var (_, mistakes, _) = Read(Good, "stages.fetsch.user_agent=me", "sources.files.path=x", "admision.size=4", "stages.fetsch.capacity=2", "stages.side={type: write, from: nobody}");

        Assert.Equal(
            [
                "--set(1,1): stages.fetsch: the file has no stage of this name. Did you mean 'fetch'? Here: normalize, classify, dedup, buffer, fetch, persist, side.",
                "--set(2,1): sources.files: the file has no source of this name. Here: lines.",
                "--set(3,15): admision: no such setting. Did you mean 'admission'?",
                "--set(5,33): stages.side.from: no source or stage is called 'nobody'. Here: lines, normalize, classify, dedup, buffer, fetch, persist, side.",
            ],
            mistakes.Select(mistake => mistake.ToString()));
    }

    [Fact]
    public void No_message_shows_a_secret()
    {
        var name = $"ATLAS_TEST_{Guid.NewGuid():N}";
        Environment.SetEnvironmentVariable(name, "s3cret");
        try
        {
            var secret = $"${{env:{name}}}";
            var (_, mistakes, _) = Read(
                $"name: {secret} x\nstate: {secret}\nsources:\n  lines: {{ type: \"{secret}\" }}\nstages:\n  dedup: {{ from: [\"{secret}\", \"dedup.{secret}\"], capacity: \"{secret}\" }}\n  x: {{ type: \"{secret}\", from: lines }}");

            Assert.True(mistakes.Count >= 6, string.Join('\n', mistakes));
            Assert.DoesNotContain("s3cret", string.Join('\n', mistakes), StringComparison.Ordinal);
        }
        finally
        {
            Environment.SetEnvironmentVariable(name, null);
        }
    }

    [Fact]
    public void What_is_missing_is_said_once()
    {
        Says(GoodBut("capacity: 100", "capacity: \"${env:ATLAS_TEST_NOT_SET}\""), "p.yaml(9,36): stages.buffer.capacity: the environment variable 'ATLAS_TEST_NOT_SET' is not set.");
    }
}
