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

    [Fact]
    public void The_whole_crawl_has_every_setting_of_its_stages()
    {
        var crawl = File.ReadAllText(Path.Combine(Repository.Root, "pipelines", "crawl.yaml"));

        // What names a stage and who feeds it is not a setting of how it works; work stages wait in rooms of a size that nobody needs to know.
        string[] left = ["type", "from", "capacity"];
        var missing = File.ReadAllText(Path.Combine(Repository.Root, "docs", "settings.md")).Split("\n## ")
            .Where(section => section.StartsWith("The pipeline\n", StringComparison.Ordinal) || crawl.Contains($"\n  {section.Split('\n')[0]}:", StringComparison.Ordinal))
            .SelectMany(section => section.Split('\n'))
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Split('`')[1].Split('.')[^1])
            .Where(setting => !left.Contains(setting) && !crawl.Contains($" {setting}:", StringComparison.Ordinal) && !crawl.Contains($"\n{setting}:", StringComparison.Ordinal));

        Assert.Empty(missing);
    }

    private static void Check(string file, string text)
    {
        var path = Path.Combine(Repository.Root, file);
        if (Environment.GetEnvironmentVariable("ATLAS_WRITE_DOCS") == "1")
            File.WriteAllText(path, text);

        Assert.True(File.Exists(path) && File.ReadAllText(path) == text, $"{file} is stale. Run 'make docs' and commit what it writes.");
    }
}
