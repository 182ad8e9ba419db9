namespace Atlas.Pipeline.LoadTests.Fetching;

/// <summary>A program that fetches a list.</summary>
/// <param name="Name">In the tables.</param>
/// <param name="What">One line about what it does with the pages.</param>
/// <param name="Command">For the shell: <c>{urls}</c> is the list, <c>{out}</c> an empty folder of its own.</param>
/// <param name="Missing">Why it cannot run here; null if it can.</param>
/// <param name="Asks">How one URL of the list is written into a list of its own beside it, <c>{urls}.own</c>: from the URL and its number; null if it takes the list as it is.</param>
internal sealed record Contestant(string Name, string What, string Command, string? Missing = null, Func<string, int, string>? Asks = null)
{
    /// <summary>Takes its turn in the first round only, as a round would go on for minutes else.</summary>
    public bool IsSlow { get; init; }

    public string CommandFor(string urls, string folder) =>
        Command.Replace("{urls}", urls, StringComparison.Ordinal).Replace("{out}", folder, StringComparison.Ordinal);

    /// <summary>Prepares what is not measured.</summary>
    public async Task PrepareAsync(string urls, string folder)
    {
        Directory.CreateDirectory(folder);
        if (Asks is { } asks)
            await File.WriteAllLinesAsync(urls + ".own", File.ReadLines(urls).Select(asks));
    }
}
