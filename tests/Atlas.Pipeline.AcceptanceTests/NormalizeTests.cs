using System.Diagnostics;

namespace Atlas.Pipeline.AcceptanceTests;

/// <summary><c>atlas normalize</c> and <c>atlas explain</c> as people use them.</summary>
public sealed class NormalizeTests
{
    [Fact]
    public async Task Every_line_comes_out_with_its_canonical_form_or_the_reason_why_it_has_none()
    {
        var result = await FilterAsync("HTTP://User:Pw@Example.org:80/%7ea?b&a&utm_source=x#top\r\nhttps://example.org\nftp://Example.org/A\nnowhere\n\nhttp://a..b/", "normalize");

        Assert.Equal(0, result.ExitCode);
        Assert.Equal(
            """
            HTTP://User:Pw@Example.org:80/%7ea?b&a&utm_source=x#top	http://User:Pw@example.org/~a?a&b
            https://example.org	https://example.org/
            ftp://Example.org/A	ftp://Example.org/A
            nowhere	!error no_scheme
            	!error no_scheme
            http://a..b/	!error bad_host

            """, result.Output);
    }

    [Fact]
    public async Task Json_strings_carry_what_a_line_cannot()
    {
        var result = await FilterAsync("\"http://a\\tb/\\u00e9\\ud800\"\n\"http://a/\" 1\n{}\n", "normalize", "--input", "json");

        Assert.Equal("\"http://a\\tb/\\u00e9\\ud800\"\thttp://ab/%C3%A9%EF%BF%BD\n\"http://a/\" 1\t!error not_a_json_string\n{}\t!error not_a_json_string\n", result.Output);
    }

    [Fact]
    public async Task Switches_and_a_rules_file_choose_what_is_folded()
    {
        await using var bench = await Workbench.OpenAsync();
        var rules = bench.Write("rules.yaml", "ruleset: 1\nfold_www: true\ndrop_params: [ref]\n");

        var result = await FilterAsync("https://www.example.org/a/?ref=1&sid=9682993c8daa2c5497996114facdc805\nexample.org\n", "normalize", "--rules", rules, "--fold-scheme", "--trailing-slash", "--session-ids", "--schemeless");

        Assert.Equal(["http://example.org/a", "http://example.org/"], result.Output.TrimEnd('\n').Split('\n').Select(line => line.Split('\t')[1]));
    }

    [Fact]
    public async Task A_mistake_in_the_rules_is_a_usage_error_with_its_place()
    {
        await using var bench = await Workbench.OpenAsync();
        var rules = bench.Write("rules.yaml", "ruleset: 2\nfold_wwww: true\n");

        var result = await FilterAsync("", "normalize", "--rules", rules);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("(1,10): ruleset: must be", result.Errors, StringComparison.Ordinal);
        Assert.Contains("(2,1): fold_wwww: no such setting. Did you mean 'fold_www'?", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_change_of_rules_says_what_would_merge_and_part()
    {
        await using var bench = await Workbench.OpenAsync();
        var (strict, folding) = (bench.Write("strict.yaml", "fold_www: false\n"), bench.Write("folding.yaml", "fold_www: true\n"));
        const string List = "https://www.example.org/a\nhttps://example.org/a\nhttps://other.example/\n";

        var merging = await FilterAsync(List, "normalize", "--compare", strict, folding);
        var parting = await FilterAsync(List, "normalize", "--compare", folding, strict);

        Assert.StartsWith("merge\thttps://www.example.org/a\thttps://example.org/a\n3 lines: 3 keys before, 2 after;", merging.Output, StringComparison.Ordinal);
        Assert.StartsWith("part \thttps://www.example.org/a\thttps://example.org/a\n3 lines: 2 keys before, 3 after;", parting.Output, StringComparison.Ordinal);
    }

    /// <summary>The quotes were taken for a part of the URL, so that no line had a key.</summary>
    [Fact]
    public async Task A_change_of_rules_is_tried_on_json_strings_too()
    {
        await using var bench = await Workbench.OpenAsync();
        var (strict, folding) = (bench.Write("strict.yaml", "fold_www: false\n"), bench.Write("folding.yaml", "fold_www: true\n"));

        var merging = await FilterAsync("\"https://www.example.org/\\ta\"\n\"https://example.org/a\"\nnothing\n", "normalize", "--input", "json", "--compare", strict, folding);

        Assert.Equal("merge\t\"https://www.example.org/\\ta\"\t\"https://example.org/a\"\n3 lines: 2 keys before, 1 after; 1 merges and splits; 0 lines would be refused or taken instead. 1 are no JSON strings.\n", merging.Output);
    }

    [Fact]
    public async Task The_laws_hold_on_a_list_of_ones_own()
    {
        await using var bench = await Workbench.OpenAsync();
        var list = bench.Write("list", "http://example.org/%2e%2E/a?b=%zz&a\nhttp://é.example/\nnothing\n");

        var result = await FilterAsync("", "normalize", "--verify", list);

        Assert.Equal((0, "3 lines, 0 broke a law.\n"), (result.ExitCode, result.Output));
    }

    [Fact]
    public async Task A_reader_who_has_seen_enough_ends_the_filter()
    {
        var shell = new ProcessStartInfo("sh") { RedirectStandardOutput = true, RedirectStandardError = true };
        shell.ArgumentList.Add("-c");
        shell.ArgumentList.Add("yes http://example.org/ | \"$@\" normalize | head -1");
        shell.ArgumentList.Add("sh");
        foreach (var part in AtlasProgram.Command)
            shell.ArgumentList.Add(part);
        using var pipe = Process.Start(shell)!;

        var output = await pipe.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await pipe.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);

        Assert.Equal("http://example.org/\thttp://example.org/\n", output);
    }

    [Fact]
    public async Task Explain_names_the_rules_and_shows_no_password()
    {
        var result = await FilterAsync("", "explain", "HTTPS://User:secret@www.Example.co.uk:443/a/../b?utm_source=x");

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("tracking parameters and those on the lists go: utm_source", result.Output, StringComparison.Ordinal);
        Assert.Contains("canonical form  http://***@www.example.co.uk/b\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("domain          example.co.uk\n", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pipelines_own_rules_are_the_rules()
    {
        await using var bench = await Workbench.OpenAsync();
        var pipeline = bench.Write("pipeline.yaml", "name: p\nsources: { lines: { type: stdin } }\nstages:\n  clean: { type: normalize, from: lines, fold_www: true }\n  write: { from: clean }\n");
        var other = bench.Write("other.yaml", "name: p\nsources: { lines: { type: stdin } }\nstages: { write: { from: lines } }\n");

        var result = await FilterAsync("https://www.example.org\n", "normalize", "--rules", pipeline);
        var trouble = await FilterAsync("", "explain", "http://h/", "--rules", other);

        Assert.Equal("https://www.example.org\thttp://example.org/\n", result.Output);
        Assert.Equal(2, trouble.ExitCode);
        Assert.Contains("has no normalize stage", trouble.Errors, StringComparison.Ordinal);
    }

    private static async Task<ProgramResult> FilterAsync(string input, params string[] arguments)
    {
        using var program = AtlasProgram.Start(AppContext.BaseDirectory, arguments);
        if (input.Length > 0)
            await program.WriteAsync(input);
        program.CloseInput();
        return await program.WaitAsync();
    }
}
