using Atlas.Pipeline.Graph;
using Atlas.Pipeline.Tests;
using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.AcceptanceTests.Documents;

/// <summary>Files in the repository that are made from the code. <c>make docs</c> runs these tests with ATLAS_WRITE_DOCS=1: then they write the files instead.</summary>
public sealed class GeneratedFilesTests
{
    [Fact]
    public void The_settings_page_says_what_the_readers_read() => Check("docs/settings.md", SettingsPage.Write(StageCatalog.Kinds));

    [Fact]
    public void The_schema_says_what_the_readers_read() => Check("pipelines/pipeline.schema.json", JsonSchema.Write(StageCatalog.Kinds));

    [Fact]
    public void The_errors_page_says_what_the_reasons_mean() => Check("docs/errors.md", ErrorsPage.Write());

    [Fact]
    public void Every_shipped_pipeline_names_the_schema_in_its_first_line()
    {
        foreach (var pipeline in Directory.GetFiles(Path.Combine(Repository.Root, "pipelines"), "*.yaml"))
            Assert.Equal("# yaml-language-server: $schema=pipeline.schema.json", File.ReadLines(pipeline).First());
    }

    private static void Check(string file, string text)
    {
        var path = Path.Combine(Repository.Root, file);
        if (Environment.GetEnvironmentVariable("ATLAS_WRITE_DOCS") == "1")
            File.WriteAllText(path, text);

        Assert.True(File.Exists(path) && File.ReadAllText(path) == text, $"{file} is stale. Run 'make docs' and commit what it writes.");
    }
}
