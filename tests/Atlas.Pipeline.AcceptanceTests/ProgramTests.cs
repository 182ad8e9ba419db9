namespace Atlas.Pipeline.AcceptanceTests;

public sealed class ProgramTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("atlas-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task An_unknown_word_on_the_command_line_is_a_usage_error()
    {
        var result = await AtlasProgram.RunAsync(_directory, input: null, "rnu");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("rnu", result.Errors, StringComparison.Ordinal);
    }
}
