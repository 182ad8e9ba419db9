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

    /// <summary>Of one that has a document: when that was fetched or asked for last, in ms since 1970.</summary>
    public long? CheckedAt { get; set; }

    /// <summary>The attempts that its document took.</summary>
    public int Recorded { get; set; }

    /// <summary>Its document is being asked for again.</summary>
    public bool IsAskedAgain => CheckedAt is not null && Place is (Place.Queued or Place.Leased);

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

    /// <param name="now">When it was fetched, or confirmed.</param>
    /// <param name="isConfirmed">The document is what it was.</param>
    public void Finish(DateTimeOffset now, bool isConfirmed = false)
    {
        Assert.Equal(Place.Leased, Place);
        Recorded = isConfirmed ? Recorded : Attempt;
        (Place, CheckedAt) = (Place.Done, now.ToUnixTimeMilliseconds());
    }

    /// <summary>A document outlives that it is asked for in vain.</summary>
    public void Die(string reason, DateTimeOffset now)
    {
        if (CheckedAt is not null)
        {
            (Place, CheckedAt) = (Place.Done, now.ToUnixTimeMilliseconds());
            return;
        }

        Place = Place.Dead;
        Reason = reason;
    }

    /// <summary>Its document is old and asked for again, as if for the first time.</summary>
    public void TakeUp(TimeSpan after, DateTimeOffset now)
    {
        Assert.Equal(Place.Done, Place);
        (EarliestDue, LatestDue) = (CheckedAt!.Value + (long)after.TotalMilliseconds, now.ToUnixTimeMilliseconds());
        Assert.True(EarliestDue <= LatestDue, $"{Url} is asked for again before its document is old.");
        (Place, Attempt, Deferrals, Lost, Requests) = (Place.Queued, 0, 0, 0, 0);
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
        Place.Done => $"done {Recorded}",
        Place.Dead => $"dead {Attempt} {Reason}",
        _ => $"{(IsAskedAgain ? "again " : "")}{Place.ToString().ToLowerInvariant()} {Attempt} {Deferrals} {Lost}",
    };
}
