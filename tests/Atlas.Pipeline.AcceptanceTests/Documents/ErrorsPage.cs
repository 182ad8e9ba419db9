using System.Globalization;
using System.Text;

namespace Atlas.Pipeline.AcceptanceTests.Documents;

/// <summary>docs/errors.md: every reason there is, from the table that the program counts by.</summary>
internal static class ErrorsPage
{
    private static readonly int[] Statuses = [404, 408, 425, 429, 500, 501, 503, 505];

    public static string Write()
    {
        var page = new StringBuilder("""
            # Errors

            Every URL that does not go on has one reason out of this closed set. Written by `make docs` from the table in the code. The code is what a state directory stores; it never changes its meaning.

            ## What is done about each class


            """.ReplaceLineEndings("\n"));
        page.Append("| Class | Answer | Uses an attempt |\n|---|---|---|\n");
        foreach (var kind in Enum.GetValues<ErrorClass>().Where(kind => kind != ErrorClass.None))
            page.Append(CultureInfo.InvariantCulture, $"| {kind} | {AnswerTo(kind)} |\n");

        page.Append("\n## The reasons\n\n| Reason | Code | Class | What happened |\n|---|---|---|---|\n");
        foreach (var reason in Reason.OwnNames.Where(reason => reason.Class != ErrorClass.None).OrderBy(reason => reason.Code))
            page.Append(CultureInfo.InvariantCulture, $"| `{reason.Name}` | {reason.Code} | {reason.Class} | {reason.Cause} |\n");

        page.Append("\n## Answers of the host\n\nAny status but 2xx is `http_NNN` with the code 1000 + NNN; 206 and 304 too, as neither was asked for. ");
        page.Append("For example:\n\n| Reason | Code | Class |\n|---|---|---|\n");
        foreach (var reason in Statuses.Select(Reason.Http))
            page.Append(CultureInfo.InvariantCulture, $"| `{reason.Name}` | {reason.Code} | {reason.Class} |\n");
        return page.ToString();
    }

    private static string AnswerTo(ErrorClass kind) => kind switch
    {
        ErrorClass.Transient => "comes back after exponential backoff with full jitter, `max_attempts` times; then a dead letter | yes",
        ErrorClass.RateLimited => "the host waits as long as it asked for (1 s to 24 h), the URL with it; a dead letter after 100 such waits | no",
        ErrorClass.Permanent => "dead letter at once: waiting would not change it | yes",
        ErrorClass.Policy => "dead letter at once, or a refused line: we do not want it | yes",
        ErrorClass.Poison => "dead letter at the next start | yes",
        ErrorClass.HostDown => "the host waits, longer each time, and the URL with it; a dead letter after 100 such waits, or when the host has been down through `breaker_gives_up_after` pauses | no",
        ErrorClass.Local => "back into the queue as if it had never been claimed, due in 1 to 5 s, however often; meanwhile no more is fetched than shows whether it is over, and no line is taken in. Counted in `atlas.machine.failures` | no",
        _ => throw new InvalidOperationException($"Nothing is written about {kind}."),
    };
}
