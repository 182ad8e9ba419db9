using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Host.Reporting;

/// <summary>What operators have done, as JSON lines.</summary>
internal static class ActText
{
    public static ReadOnlySpan<byte> Json(LetterAct act) => JsonLine.BytesOf(json =>
    {
        json.WriteString("at", TimeText.Of(act.At));
        json.WriteString("who", act.Who);
        json.WriteString("act", act.What);
        json.WriteString("filter", act.Filter);
        json.WriteNumber("count", act.Count);
        json.WriteString("detail", act.Detail);
    });

    public static ReadOnlySpan<byte> Json(Hold hold) => JsonLine.BytesOf(json =>
    {
        json.WriteString(hold.Kind, hold.Value);
        json.WriteString("at", TimeText.Of(hold.At));
        json.WriteString("who", hold.Who);
        json.WriteString("note", hold.Note);
    });
}
