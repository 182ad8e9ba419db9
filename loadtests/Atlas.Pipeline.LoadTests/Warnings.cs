using Microsoft.Extensions.Logging;

namespace Atlas.Pipeline.LoadTests;

/// <summary>Prints what a measured run warns of: a figure without it may be that of a run that was ill.</summary>
internal sealed class Warnings : ILoggerFactory, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
            Console.WriteLine($"    warning: {formatter(state, exception)} {exception}");
    }

    public void Dispose()
    {
    }
}
