using System.Text;
using System.Text.Json;

namespace Atlas.Urls.Tests;

/// <summary>Labelled pairs and the standard's cases, where a checkout has them beside it in <c>../shared/data/normalize</c>; they are not part of the project.</summary>
public sealed class SharedVectorsTests
{
    [Fact]
    public void Labelled_pairs_merge_and_part_as_they_should()
    {
        var wrong = new List<string>();
        foreach (var pair in Read("equivalent-sample.jsonl"))
        {
            var rules = RulesFor(pair);
            var (a, b) = (KeyOf(pair.GetProperty("a").GetString()!, rules), KeyOf(pair.GetProperty("b").GetString()!, rules));
            if (pair.TryGetProperty("reject_ok", out _) && (a is null || b is null))
                continue;
            var isSame = a is not null && b is not null && a == b;
            var shouldBe = pair.GetProperty("same").GetBoolean();
            if (isSame != shouldBe)
                wrong.Add($"{pair.GetProperty("category").GetString()} should be {(shouldBe ? "same" : "apart")}: {pair.GetProperty("a")} -> {a ?? "!"} | {pair.GetProperty("b")} -> {b ?? "!"}{(pair.TryGetProperty("disputed", out _) ? " (disputed)" : "")}");
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public void The_standards_cases_keep_one_key_or_are_refused()
    {
        var wrong = new List<string>();
        var rules = new CanonicalizationRules { FoldScheme = false, DropTracking = false };
        foreach (var line in Read("wpt-urltestdata.jsonl"))
        {
            if (line.GetProperty("group").GetString() != "http")
                continue;
            var input = line.GetProperty("input").GetString()!;
            var key = KeyOf(input, rules);
            var mayRefuse = line.TryGetProperty("reject_ok", out _);
            if (line.TryGetProperty("failure", out _))
            {
                if (key is not null)
                    wrong.Add($"must fail: {input} -> {key}");
            }
            else if (line.GetProperty("href").GetString() is { } href && KeyOf(href, rules) is var expected && (key is null || key != expected) && !(mayRefuse && key is null))
            {
                wrong.Add($"{input} -> {key ?? "!"} but its href {href} -> {expected ?? "!"}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    private static CanonicalizationRules RulesFor(JsonElement pair)
    {
        var option = pair.TryGetProperty("option", out var given) ? given.GetString() : null;
        return new CanonicalizationRules
        {
            FoldScheme = option == "http-https",
            FoldWww = option == "www",
            FoldTrailingSlash = option == "trailing-slash",
            DropSessionIds = option == "session-ids",
            AcceptSchemeless = option == "schemeless",
        };
    }

    private static string? KeyOf(string url, CanonicalizationRules rules)
    {
        var bytes = Encoding.UTF8.GetBytes(url);
        var to = new byte[Canonicalizer.MaxLength(bytes.Length)];
        return new Canonicalizer(rules).TryCanonicalize(bytes, to, out var result) == CanonicalizationError.None ? Encoding.UTF8.GetString(to, 0, result.Length) : null;
    }

    private static List<JsonElement> Read(string name)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var path = Path.Combine(folder.FullName, "shared", "data", "normalize", name);
            if (File.Exists(path))
                return [.. File.ReadLines(path).Select(line => JsonDocument.Parse(line).RootElement)];
        }

        Assert.Skip($"{name} is not beside this checkout.");
        return [];
    }
}
