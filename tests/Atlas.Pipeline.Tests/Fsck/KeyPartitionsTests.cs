using Atlas.Pipeline.Fsck;
using Atlas.Pipeline.Tests.Dedup;

namespace Atlas.Pipeline.Tests.Fsck;

public sealed class KeyPartitionsTests
{
    [Fact]
    public void More_keys_than_fit_the_buffers_come_back_sorted_and_complete_and_leave_no_file_even_when_the_process_is_killed()
    {
        var directory = Directory.CreateTempSubdirectory("atlas-keys-").FullName;
        try
        {
            var keys = DedupTestBed.Keys(1_500_000, seed: 7);
            using (var partitions = new KeyPartitions(directory, "rows"))
            {
                for (var i = 0; i < keys.Length; i++)
                    partitions.Add(keys[i], i);
                if (!OperatingSystem.IsWindows())
                    Assert.Empty(Directory.GetFiles(directory));

                var sorted = Enumerable.Range(0, KeyPartitions.Parts).SelectMany(part => partitions.Sorted(part).ToArray()).ToList();

                Assert.Equal(keys.Length, sorted.Count);
                Assert.True(sorted.TrueForAll(key => keys[key.Number] == key.Key));
                Assert.True(sorted.Select(key => key.Key).SequenceEqual(keys.Order()));
            }

            Assert.Empty(Directory.GetFiles(directory));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
