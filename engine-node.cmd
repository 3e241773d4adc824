@echo off
setlocal EnableExtensions DisableDelayedExpansion
set "PROGRAM=engine-node"
set "MODULE=cli"
call "%~dp0bin\prepare.cmd"
if errorlevel 1 exit /b %ERRORLEVEL%
"%JDK%\bin\java" %AOT% %JVM% %VECTOR% "-Dtwinbolt.home=%ROOT%" -cp "%JAR%;%ROOT%\%MODULE%\target\lib\*" dev.twinbolt.cli.EngineNode %*
exit /b %ERRORLEVEL%
