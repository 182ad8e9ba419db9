namespace Atlas.Pipeline.Fetch;

/// <summary>Why something is not dialled; the default refuses nothing.</summary>
/// <param name="Reason">The reason to count.</param>
/// <param name="Detail">For people, as the second half of a sentence: what the address is.</param>
internal readonly record struct Refusal(Reason Reason, string Detail = "")
{
    public bool Refuses => Reason != Reason.None;
}
