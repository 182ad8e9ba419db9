namespace Atlas.Pipeline.Tests.Buffer;

/// <summary>Where a URL is, by the plain rules of the state machine.</summary>
internal enum Place
{
    Queued,
    Leased,
    Done,
    Dead,
}

/// <summary>One URL of the model: the numbers that its row must have.</summary>
internal sealed record ModelledUrl(string Url, string Host)
{
    public Place Place { get; set; }

    /// <summary>Attempts claimed, those given back not counted.</summary>
    public int Attempt { get; set; }

    public int Deferrals { get; set; }

    /// <summary>Crashes in a row; what the ledger has of them.</summary>
    public int Lost { get; set; }

    /// <summary>Times that it failed after it was asked for.</summary>
    public int Requests { get; set; }

    /// <summary>Of a dead one.</summary>
    public string Reason { get; set; } = "";

    /// <summary>Not before this, in ms since 1970; by the ledger.</summary>
    public long EarliestDue { get; set; }

    /// <summary>Nor later than this.</summary>
    public long LatestDue { get; set; }

    public void Claim()
    {
        Assert.Equal(Place.Queued, Place);
        Place = Place.Leased;
        Attempt++;
    }

    public void Finish()
    {
        Assert.Equal(Place.Leased, Place);
        Place = Place.Done;
    }

    public void Die(string reason)
    {
        Place = Place.Dead;
        Reason = reason;
    }

    /// <summary>As if it had never been claimed.</summary>
    public void GiveBack()
    {
        Assert.Equal(Place.Leased, Place);
        Place = Place.Queued;
        Attempt--;
    }

    /// <summary>A failure that may pass.</summary>
    public void PutBack(bool countsAsAttempt, DateTimeOffset earliest, DateTimeOffset latest)
    {
        Assert.Equal(Place.Leased, Place);
        Place = Place.Queued;
        Requests++;
        (Attempt, Deferrals, Lost) = countsAsAttempt ? (Attempt, Deferrals, 0) : (Attempt - 1, Deferrals + 1, 0);
        (EarliestDue, LatestDue) = (earliest.ToUnixTimeMilliseconds(), latest.ToUnixTimeMilliseconds());
    }

    /// <summary>The process is gone while it was being fetched.</summary>
    public void Lose()
    {
        GiveBack();
        Lost++;
    }

    /// <summary>What the ledger must say of it; the due time is compared apart.</summary>
    public string Row => Place switch
    {
        Place.Done => $"done {Attempt}",
        Place.Dead => $"dead {Attempt} {Reason}",
        _ => $"{Place.ToString().ToLowerInvariant()} {Attempt} {Deferrals} {Lost}",
    };
}
