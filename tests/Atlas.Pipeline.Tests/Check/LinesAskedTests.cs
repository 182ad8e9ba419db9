using System.Text;
using Atlas.Pipeline.Check;
using Atlas.Pipeline.Ledger;
using Atlas.Urls;

namespace Atlas.Pipeline.Tests.Check;

public sealed class LinesAskedTests
{
    private static readonly LedgerRow Done = new(1, "done", [], default, "feed", 0, 1);
    private static readonly LedgerRow Refused = Done with { State = "refused" };

    [Fact]
    public void Lines_get_the_keys_and_refusals_that_a_run_would_give_them()
    {
        var lines = Ask("HTTPS://A.example/?utm_source=x\n\n# comment\nfile:///x\njunk\r\n");

        Assert.Equal(["http://a.example/", "file:///x", ""], lines.Select(line => line.Canonical));
        Assert.Equal([Reason.None, Reason.SchemeFile, Reason.Malformed], lines.Select(line => line.Refusal));
        Assert.Equal([ContentId.Of("http://a.example/"u8), ContentId.Of("file:///x"u8), ContentId.Of("junk"u8)], lines.Select(line => line.ContentId));
        Assert.Equal("HTTPS://A.example/?utm_source=x", lines[0].Line);
    }

    [Fact]
    public void More_lines_than_a_batch_holds_keep_their_order()
    {
        var lines = Ask(string.Concat(Enumerable.Range(0, 1000).Select(i => $"http://a/{i}\n")));

        Assert.Equal(Enumerable.Range(0, 1000).Select(i => $"http://a/{i}"), lines.Select(line => line.Line));
    }

    [Fact]
    public void The_verdict_is_what_a_run_would_do_now()
    {
        var welcome = Ask("http://a/")[0];
        var unwelcome = Ask("file:///x")[0];

        Assert.Equal("admit", welcome.With(null).Verdict);
        Assert.Equal("drop", welcome.With(Done).Verdict);
        Assert.Equal("admit", welcome.With(Refused).Verdict);
        Assert.Equal("refuse", unwelcome.With(null).Verdict);
        Assert.Equal("refuse", unwelcome.With(Refused).Verdict);
        Assert.Equal(("new", "done", "refused"), (welcome.With(null).State, welcome.With(Done).State, unwelcome.With(Refused).State));
    }

    private static IReadOnlyList<AskedLine> Ask(string text)
    {
        using var lines = new LinesAsked(KeyRules.Default);
        lines.Append(Encoding.UTF8.GetBytes(text));
        lines.End();
        return lines.Give();
    }
}
