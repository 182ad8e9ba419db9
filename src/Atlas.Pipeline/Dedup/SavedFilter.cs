namespace Atlas.Pipeline.Dedup;

/// <summary>The filter at a start: as it was saved, with the keys that the log has behind it; or made anew from the log.</summary>
internal static class SavedFilter
{
    /// <summary>Keys whose blocks of the filter are on their way to the cache.</summary>
    private const int PrefetchedAhead = 64;

    /// <param name="files">Where it was saved.</param>
    /// <param name="options">Its sizes.</param>
    /// <param name="manifest">The checkpoint that is recovered.</param>
    /// <param name="log">The checkpoint's log; all of it is verified if all of it is needed.</param>
    /// <param name="progress">Is told when that takes long.</param>
    /// <returns>The filter, and whether it was there: else it should be saved soon.</returns>
    /// <exception cref="InvalidDataException">The log is damaged.</exception>
    /// <exception cref="IOException">The log cannot be read.</exception>
    public static (BloomFilter Filter, bool WasThere) Load(SeenFiles files, DedupOptions options, SeenManifest manifest, SealedLog log, StepProgress? progress)
    {
        var filter = new BloomFilter(options.ExpectedUrls, options.FalsePositiveRate);
        var wasThere = files.TryLoad(manifest, filter);
        if (!wasThere)
        {
            progress?.Begin("making the filter of the dedup index anew", manifest.Count);
            log.VerifyRest(CancellationToken.None);
        }

        AddFrom(files, wasThere ? manifest.IndexTail : 0, manifest.LogEnd, filter, wasThere ? null : progress);
        return (filter, wasThere);
    }

    private static void AddFrom(SeenFiles files, long from, long until, BloomFilter filter, StepProgress? progress)
    {
        var ahead = new List<UInt128>(PrefetchedAhead);
        SeenLog.ScanKeys(files, from, until, key =>
        {
            filter.Prefetch(key);
            ahead.Add(key);
            if (ahead.Count == PrefetchedAhead)
                AddAll();
        });
        AddAll();

        void AddAll()
        {
            ahead.ForEach(key => filter.AddAndTest(key));
            progress?.Advance(ahead.Count);
            ahead.Clear();
        }
    }
}
